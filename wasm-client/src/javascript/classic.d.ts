// For pages that load `crosswire.js` with a classic script, from a server or from disk.

import type * as Client from "../web/crosswire.js";

declare global {
  /** The client. Wait for `crosswire.ready` first. */
  const crosswire: Pick<typeof Client, "Connection"> & { readonly ready: Promise<unknown> };
}
