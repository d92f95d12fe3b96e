/** A message: a text, or bytes. */
export type Message = string | ArrayBuffer;

/** How far a connection has come. */
export type Status = "connecting" | "open" | "closing" | "closed";

/** How a connection ended. */
export interface Closed {
  /** The code of the close frame that ended it; 1005 where the frame had none, 1006 where no frame came. */
  readonly code: number;
  /** The reason in that frame. */
  readonly reason: string;
  /** Whether both sides have said that they close. A connection that was cut is not clean. */
  readonly clean: boolean;
}

/** How a connection is opened, and what it may hold. The defaults suit most pages. */
export interface ConnectionOptions {
  /** What is offered, the best first. Without any the server decides what is spoken. */
  subprotocols?: readonly string[];
  /** How many milliseconds the handshake may take: 10000 where nothing is said. */
  openWithin?: number;
  /** How many milliseconds the server may take to answer a close: 5000 where nothing is said. */
  closeWithin?: number;
  /** How many bytes may wait in the browser before a send waits too: 256 KiB where nothing is said. */
  highWaterMark?: number;
  /**
   * How many bytes may have arrived and not been read: 64 MiB where nothing is said. No browser lets a page hold its
   * server back, so what is too much ends the connection, with 4008. One message always fits.
   */
  unreadLimit?: number;
}

/** What went wrong, in a word. */
export type ConnectionErrorCode =
  /** Of opening: the address is none. */
  | "bad-url"
  /** The page came over https, and the address has no TLS. */
  | "mixed-content"
  /** A subprotocol that cannot be offered. */
  | "bad-subprotocol"
  /** The server is not there, or refused the handshake. No browser tells a page which. */
  | "refused"
  /** The deadline has passed. */
  | "too-slow"
  /** `close()` was called before it was open. */
  | "closed-before-open"
  /** Of sending: `opened()` was not waited for. */
  | "not-open-yet"
  /** One side has said that it closes. */
  | "closing"
  /** The connection is over. */
  | "closed"
  /** The connection ended while the message waited in the browser. */
  | "left-behind"
  /** The browser does not take it for a message, or the text holds half of a character. */
  | "not-a-message"
  /** The value cannot be written as JSON. */
  | "not-json"
  /** Of closing: a browser closes with 1000 and with 3000 to 4999. */
  | "code-not-allowed"
  /** A reason has at most 123 bytes. */
  | "reason-too-long";

/** What went wrong. The message says what was wrong, where, and what to do. */
export interface ConnectionError extends Error {
  readonly name: "ConnectionError";
  readonly code: ConnectionErrorCode;
}

/** A message has arrived. It is no `MessageEvent`, of which a WebSocket fills in nothing else that says something. */
export interface ArrivalEvent extends Event {
  readonly data: Message;
}

/** The events of a connection. */
export interface ConnectionEvents {
  message: ArrivalEvent;
  close: CloseEvent;
}

/**
 * A connection to a WebSocket server.
 *
 * ```js
 * const connection = await Connection.open("ws://127.0.0.1:9001/ws");
 * await connection.send("hello");
 * for await (const message of connection) console.log(message);
 * const { code, reason } = await connection.closed();
 * ```
 *
 * Messages wait until they are read, by a loop or by listeners: whichever begins first has all of them. A connection lives
 * until it is closed, whether or not anybody holds the object.
 *
 * What goes wrong is a {@link ConnectionError}; a mistake in the code that calls is a `TypeError`.
 */
export class Connection implements AsyncIterable<Message> {
  /**
   * Begins to open a connection. An address begins with `ws://` or `wss://`; a path alone, such as `/ws`, is on the server
   * that the page came from.
   *
   * @throws ConnectionError `bad-url`, `mixed-content`, `bad-subprotocol`
   */
  constructor(url: string | URL, options?: ConnectionOptions);

  /**
   * Opens a connection: `new Connection(…)` and `opened()` in one.
   *
   * @throws ConnectionError `bad-url`, `mixed-content`, `bad-subprotocol`, `refused`, `too-slow`
   */
  static open(url: string | URL, options?: ConnectionOptions): Promise<Connection>;

  /** How far it has come. */
  readonly status: Status;

  /** Where it leads, as the browser writes it. */
  readonly url: string;

  /** The subprotocol that both sides have agreed on; null where they have not. */
  readonly subprotocol: string | null;

  /** The extensions that both sides have agreed on, as the server's header says them. */
  readonly extensions: string;

  /** How many bytes wait in the browser to be sent. */
  readonly bufferedAmount: number;

  /**
   * Waits until it is open.
   *
   * @throws ConnectionError `refused`, `too-slow`, `closed-before-open`
   */
  opened(): Promise<void>;

  /**
   * Sends a message, behind what was sent before. The promise is resolved when there is room for the next: whoever waits
   * for it sends no faster than the network takes.
   *
   * @throws ConnectionError `not-open-yet`, `closing`, `closed`, `left-behind`, `not-a-message`
   */
  send(message: string | ArrayBuffer | ArrayBufferView<ArrayBuffer>): Promise<void>;

  /**
   * Sends a value as JSON, in the same way.
   *
   * @throws ConnectionError `not-json`, and what `send` throws
   */
  sendJson(value: unknown): Promise<void>;

  /**
   * Closes, with 1000 or 3000 to 4999 and a reason of at most 123 bytes, or without either. What was sent before goes out
   * first. Resolved when the connection is over; a connection that is over already stays as it is.
   *
   * @throws ConnectionError `code-not-allowed`, `reason-too-long`
   */
  close(code?: number, reason?: string): Promise<Closed>;

  /** Waits until it is over, and says how it ended. */
  closed(): Promise<Closed>;

  /**
   * The messages, one after the other, until the connection is over. Whoever leaves the loop leaves the connection as it
   * is: another loop goes on where this one was left.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message>;

  /**
   * Listens, with all that the platform's `addEventListener` can do. With the first listener for `message` those that have
   * arrived before are given to it, too.
   */
  addEventListener<K extends keyof ConnectionEvents>(
    type: K,
    listener: ((event: ConnectionEvents[K]) => void) | EventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;

  /** Listens no more. */
  removeEventListener<K extends keyof ConnectionEvents>(
    type: K,
    listener: ((event: ConnectionEvents[K]) => void) | EventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;

  /**
   * Gives this object's memory back at once, and not when it is collected. The connection goes on until it is closed, but this object is
   * of no use any more: whatever is called on it then, `free` too, throws an `Error` of wasm-bindgen's.
   */
  free(): void;
}
