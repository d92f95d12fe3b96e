// @ts-check
// The one name that the page's scripts share. Each of them adds what it is about; page.d.ts tells what there is.

globalThis.Crosswire = /** @type {typeof Crosswire} */ ({});
