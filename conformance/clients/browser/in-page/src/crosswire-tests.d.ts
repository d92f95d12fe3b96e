// What `web/built/tests.js` puts into a page: the list of tests, and running it in this browser.

declare namespace crosswireTests {
  /** Wait for it before anything else is called. */
  const ready: Promise<unknown>;

  /** Every test, in the order of the suites. */
  function catalogue(): { capabilities: string[]; tests: Test[] };

  /** Finds out what a server can do that does not say so. Rejects in a sentence where no connection can be opened. */
  function probe(address: string): Promise<{ can: string[]; longest: number | null; notes: string[] }>;

  /** Runs tests against a server, and tells each result as it comes. Throws a TypeError where something is wrong with what
   * it is given; runs nothing then. */
  function run(selection: string[], server: Server, options: Options, onResult: (result: Result) => void): Run;

  interface Test {
    id: string;
    profile: string;
    title: string;
    /** What breaks for a user where it fails. */
    why: string;
    level: 'must' | 'should' | 'may';
    /** What it follows from. */
    spec: string[];
    needs: { client: string[]; server: string[] };
    /** What of that no browser can. */
    lacks: string[];
    /** The hash of what it says. */
    rev: string;
    /** As they are written. */
    steps: unknown[];
    /** That it fails here, why, and where that is proven. */
    known?: { reason: string; link: string };
  }

  interface Server {
    /** Its name in the results. */
    name: string;
    version?: string;
    /** `ws://host:port`, or the whole address where `exact`. */
    url: string;
    /** Whether all connections go to just that address. */
    exact?: boolean;
    /** Its control endpoint, the token in it; null without a token. */
    control?: string | null;
    /** Its capabilities. */
    can: string[];
    /** Its limits, as `GET /about` has them. */
    limits?: Record<string, number>;
    /** Whether `can` was found out by `probe`, and what that has shown beside it. */
    probed?: boolean;
    notes?: string[];
    longest?: number | null;
    /** Why the page may not ask it over HTTP, where it may not. */
    noHttp?: string | null;
  }

  interface Options {
    /** The browser, for the results. */
    browser: { name: string; runtime: string; system?: string };
    /** By what every wait is stretched: 1 unless it is said. */
    timeScale?: number;
    /** How many tests run at once, from 1 to 16: 4 unless it is said. Those that want to be alone are. */
    concurrent?: number;
    /** Told of each test that begins. */
    onBegin?: (id: string) => void;
  }

  class Run {
    /** Resolves when every test has its result. Rejects with what a listener has thrown. */
    readonly finished: Promise<void>;
    readonly isRunning: boolean;
    /** Ends it: what has no result yet is `not_run`. */
    cancel(): void;
    /** Runs tests once more, as another round; both rounds stay in the results. */
    again(selection: string[]): Promise<void>;
    /** The results so far, as `crosswire report` reads them. */
    ndjson(): string;
  }

  /** A result, as in `results.ndjson`: see `docs/results.md`. */
  interface Result {
    client: string;
    server: string;
    test: string;
    attempt: number;
    verdict: 'pass' | 'fail' | 'timeout' | 'crash' | 'harness_error' | 'unsupported' | 'not_run';
    outcome: 'ok' | 'known' | 'regression' | 'fixed';
    ms: number;
    reason?: {
      code: string;
      message: string;
      step?: string;
      on?: string;
      round?: number;
      at?: string;
      want?: string;
      got?: string;
    };
    known?: { reason: string; link: string };
    notes?: string[];
    /** What the test asked to be written down: whose behaviour it shows, and the answer, if there was one. */
    observed?: { as: string; about: Party; value?: unknown }[];
    transcript?: { ms: number; by: Party; to: Party; on?: string; what: string }[];
    /** What the server saw, by connection. */
    seen?: Record<string, unknown>;
  }

  type Party = 'runner' | 'client' | 'server';
}
