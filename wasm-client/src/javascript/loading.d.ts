
/**
 * Loads the client; nothing else here works before. Without an argument `crosswire_bg.wasm` is fetched from beside this
 * module.
 */
export default function init(from?: {
  module_or_path: RequestInfo | URL | Response | BufferSource | WebAssembly.Module | Promise<Response>;
}): Promise<unknown>;

/** The same with bytes that are there already; in a page only where they are few, because it waits. */
export function initSync(from: { module: BufferSource | WebAssembly.Module }): unknown;
