// Joins the bridge that has served this page, and hands its lines to the driver.
//
// The bridge speaks first: the name that this browser has, and what it is. After that its messages are lines for the driver;
// ours are lines of the driver, and now and then a number: how many lines have been taken since the last. The bridge lets only
// so much be under way, so whoever does not take holds it up, and through it the runner.
import load, { Driver } from "./driver.js";

/** As much of our own may wait to be sent before we take no more lines, in bytes. */
const unsent = 4 << 20;
/** The bridge is told after so many lines, or so much text. */
const linesPerNumber = 32;
const textPerNumber = 256 << 10;
/** How long we wait before we look again whether what waits has been sent: no event tells. */
const lookAgainMs = 10;

const state = document.getElementById("state");
const say = (text) => {
  state.textContent = text;
};

/** @type {Driver | undefined} */
let driver;
/** @type {string[]} */
const waiting = [];
let isLookingAgain = false;
let taken = { lines: 0, text: 0 };
let socket;

function take() {
  while (waiting.length > 0) {
    if (socket.bufferedAmount > unsent) {
      if (!isLookingAgain) {
        isLookingAgain = true;
        setTimeout(() => {
          isLookingAgain = false;
          take();
        }, lookAgainMs);
      }
      return;
    }
    const line = waiting.shift();
    driver.tell(line);
    taken.lines += 1;
    taken.text += line.length;
    if (taken.lines >= linesPerNumber || taken.text >= textPerNumber) {
      socket.send(String(taken.lines));
      taken = { lines: 0, text: 0 };
    }
  }
}

function begin({ client, browser }) {
  driver = new Driver(client, browser, location.origin, (line) => {
    if (socket.readyState === WebSocket.OPEN) {
      socket.send(line);
    }
  });
  say(`This is ${client} (${browser}).`);
}

try {
  await load();
  socket = new WebSocket(`ws://${location.host}/join${location.search}`);
  socket.onmessage = ({ data }) => {
    if (driver === undefined) {
      begin(JSON.parse(data));
    } else {
      waiting.push(data);
      take();
    }
  };
  socket.onclose = ({ reason }) => {
    driver?.free();
    waiting.length = 0;
    say(reason || "The run is over, or the bridge has ended.");
  };
} catch (error) {
  say(`The driver could not be loaded: ${error}`);
}
