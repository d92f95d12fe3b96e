// @ts-check
// The tests of the list, run in this browser, in the section `#tests` of the page.
//
// What it is given, all of it when this script begins:
//   Crosswire.home.server              `ws://host:port` of the server that the page came from or was given in its link; '' if none
//   Crosswire.home.controlOf(address)  where acts on that server's connections are asked for, the token in it; null without one
//   Crosswire.views.show('tests')      shows the view; `crosswire:view` on the document tells that one was shown, its name in `detail`
// What `just web` builds for it goes to `built/`, and is loaded in index.html in front of this script.
