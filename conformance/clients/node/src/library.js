// What the driver needs of a library. Whatever a library throws is told in its own words.

/**
 * @import { Open } from './commands.js'
 * @import { Message } from './payload.js'
 */

/**
 * How a connection ended: by the code of the peer's close frame, 1005 where that had none, 1006 where none came.
 * @typedef {{ code: number, reason: string, isClean: boolean }} Ending
 */

/**
 * What is heard of a connection: first whether it is open or refused, then messages and pongs, and last its end. What is
 * heard of one that was refused already is nothing new.
 * @typedef {object} Listener
 * @property {(subprotocol: string | null, extensions: string[] | null) => void} opened
 * @property {(error: unknown, status?: number) => void} refused
 * @property {(message: string | Buffer) => void} received
 * @property {(payload: Buffer) => void} pong
 * @property {(ending: Ending) => void} ended
 */

/**
 * A connection, from when it is being opened. Each of these throws where the library refuses, or has no way to do it.
 * @typedef {object} Link
 * @property {(message: Message, fragments: number[] | undefined, answered: (error?: Error | null) => void) => void} send
 *   `answered` is called when the library has taken it
 * @property {(payload: Buffer, answered: (error?: Error | null) => void) => void} ping
 * @property {(payload: Buffer, answered: (error?: Error | null) => void) => void} pong
 * @property {(code: number | undefined, reason: string) => void} close
 * @property {(isReading: boolean) => void} read leaves the socket alone, or no longer
 * @property {() => void} cut ends TCP, or the attempt to open a connection, at once
 */

/**
 * @typedef {object} Library
 * @property {string} client
 * @property {string} version
 * @property {string[]} capabilities
 * @property {(opening: Open, listener: Listener) => Link} connect
 */

export const NO_FRAME = 1006;

/** The library has no way to do this. */
export class Unsupported extends Error {}

/**
 * Extensions as a header names them.
 * @param {string | undefined} header
 */
export function extensionsOf(header) {
  return header ? header.split(',').map((extension) => extension.trim()) : [];
}
