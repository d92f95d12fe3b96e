// What the page's scripts share, under one name. Each member says which script brings it.

declare var Crosswire: Page.Scripts;

/** built/crosswire.js, where it is built. */
declare const crosswire: Pick<typeof import('../../wasm-client/src/javascript/crosswire.js'), 'Connection'> & {
    readonly ready: Promise<unknown>;
};

/** What Chromium tells of itself; other browsers do not. */
interface Navigator {
    readonly userAgentData?: { brands: { brand: string; version: string }[] };
}

declare namespace Page {
    type Tone = 'good' | 'bad' | 'neutral';
    type Status = 'idle' | 'connecting' | 'open' | 'closing' | 'closed';
    type Client = import('../../wasm-client/src/javascript/crosswire.js').Connection;
    type Closed = import('../../wasm-client/src/javascript/crosswire.js').Closed;

    /** A row of the log: a message, or a note of something that happened. */
    interface Entry {
        direction: 'in' | 'out' | 'note';
        kind: 'text' | 'binary' | 'note';
        /** Milliseconds since 1970. */
        time: number;
        /** Bytes of the message, all of it. */
        size: number;
        data: string | Uint8Array<ArrayBuffer>;
        /** Whether only its beginning was kept. */
        cut: boolean;
        /** About how many bytes of memory it takes. */
        held: number;
        tone?: Tone;
    }

    /** What a connection is made with. */
    interface Attempt {
        address: string;
        subprotocols: readonly string[];
        /** How long the server may take to answer the handshake. */
        seconds: number;
    }

    interface Counts {
        text: number;
        binary: number;
        bytes: number;
    }

    interface Words {
        title: string;
        meaning: string;
        advice: string;
        tone: Tone;
    }

    interface Failure {
        title: string;
        meaning: string;
        /** What it can have been, the likeliest first. */
        causes: string[];
        /** Asks the server that sent the page, where it was that; null where it tells nothing more. */
        ask?: () => Promise<Failure | null>;
    }

    /** talk.js: the conversation. `events` tells `change` when anything of this changes but the counts. */
    interface Talk {
        readonly events: EventTarget;
        /** They are given each message that comes; there are too many for an event each. */
        readonly listeners: Set<(data: string | ArrayBuffer) => void>;
        status: Status;
        attempt: Attempt | null;
        /** By which /control knows the connection. */
        name: string | null;
        isCrosswire: boolean;
        /** As its welcome says: `crosswire/0.1.0`. */
        server: string | null;
        subprotocol: string | null;
        opened: boolean;
        /** Milliseconds. */
        openedIn: number;
        received: Counts;
        sent: Counts;
        closed: Closed | null;
        failure: Failure | null;
        readonly bufferedAmount: number;
        connect(attempt: Attempt, prepare?: () => Promise<unknown>): Promise<void>;
        send(data: string | Uint8Array<ArrayBuffer>): Promise<void>;
        close(code?: number, reason?: string): Promise<void>;
    }

    /** An answer of /control; docs/protocol.md has the rest. */
    interface Answer {
        id?: number;
        ok?: true;
        error?: string;
        message?: string;
        done?: number;
        seen?: Seen;
    }

    /** The server's view of a connection. */
    interface Seen {
        handshake: { target: string; subprotocol: string | null };
        received: Counts & { ping: number; pong: number };
        sent: Counts & { ping: number; pong: number };
        close: { code?: number; reason?: string } | null;
        open: boolean;
        ended: string | null;
    }

    interface Side {
        what: string;
        browser: string;
        server: string;
        /** null where a browser is not told, so that nothing can be compared. */
        agrees: boolean | null;
    }

    class Ring {
        constructor(limits: { entries: number; bytes: number });
        readonly first: number;
        readonly next: number;
        readonly length: number;
        readonly leftOut: number;
        readonly bytes: number;
        push(entry: Entry): number;
        at(number: number): Entry | undefined;
        clear(): void;
    }

    class Selection {
        readonly length: number;
        push(number: number): void;
        at(row: number): number | undefined;
        rowOf(number: number): number;
        dropBefore(first: number): number;
        clear(): void;
    }

    interface Sent {
        add(text: string): void;
        earlier(current: string): string | null;
        later(): string | null;
    }

    interface Latencies {
        readonly count: number;
        readonly bins: Uint32Array;
        record(milliseconds: number): void;
        percentiles(shares: number[]): number[];
        range(): { first: number; last: number };
    }

    class LogList {
        constructor(
            list: HTMLElement,
            rows: HTMLElement,
            source: { length: () => number; fill: (row: HTMLElement, index: number) => void },
        );
        follows: boolean;
        chosen: number;
        draw(): void;
        dropped(rows: number): void;
        bringIntoSight(row: number): void;
        page(): number;
        top(): number;
    }

    type Test = crosswireTests.Test;
    type TestResult = crosswireTests.Result;
    type TestRun = crosswireTests.Run;

    /** What a server says at /about. */
    interface About {
        name: string;
        version: string;
        can: string[];
        limits: Record<string, number>;
        results: boolean;
    }

    /** A server under test, and what people should know of it. */
    interface TestServer {
        target: crosswireTests.Server;
        /** Whether it has the last results of every language. */
        hasResults: boolean;
        title: string;
        remarks: string[];
        /** What the summary of a run begins with; empty where nothing is wrong. */
        found: string;
        /** Whether tests of echoes are left out that it could be told to be able to. */
        mayEcho: boolean;
    }

    /** What a server says at /results. */
    interface LastResults {
        started: string;
        revision: string | null;
        complete: boolean;
        clients: { name: string; language: string; library: string }[];
        servers: { name: string; version: string }[];
        tests: { id: string; rev: string }[];
        results: [client: number, server: number, test: number, verdict: string, outcome: string][];
    }

    /** What another client made of a test, and which revision of it. */
    interface OtherVerdict {
        client: string;
        verdict: string;
        rev: string;
    }

    /** Everything that is known of a test. */
    interface Explained {
        test: Test;
        /** Of its last round. */
        result: TestResult | undefined;
        rounds: TestResult[];
        others: OtherVerdict[];
        /** What to type for a client of another language. */
        command: string;
        isBusy: boolean;
        again: () => void;
    }

    interface TestRow {
        item: HTMLElement;
        button: HTMLButtonElement;
        badge: HTMLElement;
        time: HTMLElement;
        why: HTMLElement;
        others: HTMLElement;
        more: HTMLElement;
    }

    class TestRows {
        constructor(place: HTMLElement, source: { explain: (id: string) => Node[] });
        show(tests: Test[], clients: string[]): void;
        toggle(id: string): void;
        refresh(id: string): void;
        tell(id: string, result: TestResult | 'running' | undefined, rounds: TestResult[]): void;
        tellOthers(id: string, others: (OtherVerdict | undefined)[]): void;
        filter(isShown: (id: string) => boolean): void;
    }

    interface Scripts {
        /** format.js */
        format: {
            count(number: number): string;
            plural(number: number, one: string, many?: string): string;
            size(bytes: number): string;
            duration(milliseconds: number): string;
            clock(time: number): string;
        };
        /** hex.js */
        parseHex(text: string): { bytes: Uint8Array<ArrayBuffer> } | { at: number; problem: string };
        hexOf(bytes: Uint8Array, most?: number): string;
        hexDump(bytes: Uint8Array): string;
        indexOfBytes(bytes: Uint8Array, wanted: Uint8Array): number;
        /** json-mistake.js */
        findJsonMistake(text: string): { at: number; line: number; column: number; problem: string } | null;
        /** close-codes.js */
        describeClose(closed: Closed, about?: { crosswire?: boolean }): Words;
        /** failures.js */
        describeFailure(error: { code?: string; message: string }, attempt: Attempt & { pageOrigin: string }): Failure;
        /** address.js */
        address: {
            understand(text: string, page?: { secure?: boolean }): { address: string } | { problem: string };
            subprotocols(text: string): string[];
            toHash(setting: Attempt & { connect?: boolean }): string;
        };
        /** slices.js */
        inSlices(work: Iterator<unknown>, isWanted?: () => boolean): Promise<boolean>;
        /** entries.js */
        entries: {
            message(direction: 'in' | 'out', data: string | ArrayBuffer, time?: number): Entry;
            note(text: string, tone?: Tone): Entry;
            line(entry: Entry): string;
            looker(filter: {
                search: string;
                direction: string;
                kind: string;
            }): (entry: Entry) => Generator<undefined, boolean>;
            matcher(filter: { search: string; direction: string; kind: string }): (entry: Entry) => boolean;
            jsonOf(entry: Entry): Iterable<string>;
            bytesOf(text: string): number;
            bytesGone(entry: Entry): number;
            loneHalf(text: string): number;
            readonly LONGEST: number;
        };
        /** ring.js */
        Ring: new (limits: { entries: number; bytes: number }) => Ring;
        /** selection.js */
        Selection: new () => Selection;
        /** sent.js */
        Sent: new (most: number) => Sent;
        /** latencies.js */
        Latencies: { new (most: number): Latencies; start(bin: number): number };
        /** log-list.js */
        LogList: new (
            list: HTMLElement,
            rows: HTMLElement,
            source: { length: () => number; fill: (row: HTMLElement, index: number) => void },
        ) => LogList;

        /** home.js: where the page comes from, and whose token it has. */
        home: {
            /** By a crosswire server. */
            readonly served: boolean;
            /** `ws://host:port` of the server that sent the page or the token; empty where neither did. */
            readonly server: string;
            originOf(address: string): string;
            /** The token, for the server whose it is and for no other. */
            tokenFor(address: string): string | null;
            controlOf(address: string): string | null;
            /** Asks the server that sent the page for the token that it has now, and says whether that is another one. */
            renew(): Promise<boolean>;
            /** What the address bar asks for behind the #. */
            readonly asked: URLSearchParams;
        };
        /** parts.js */
        part<T extends Element>(id: string, type: { new (): T; prototype: T }): T;
        make<K extends keyof HTMLElementTagNameMap>(
            tag: K,
            className: string,
            ...content: (string | Node)[]
        ): HTMLElementTagNameMap[K];
        tell(place: HTMLElement, text: string): void;
        announce(text: string): void;
        kept: { read(name: string): string | null; write(name: string, value: string): void };
        copy(text: string, done: string): Promise<void>;
        save(name: string, parts: BlobPart[], type: string): void;
        /** Rejects at once where it is stopped, whatever becomes of the work. */
        orStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T>;
        /** views.js; `crosswire:view` on the document tells which is shown, in `detail`. */
        views: { show(name: string): void };
        /** log.js */
        log: {
            add(entry: Entry): void;
            note(text: string, tone?: Tone): void;
            readonly ring: Ring;
        };
        /** detail.js */
        detail: { show(entry: Entry | null, number: number, before: number | null): void };
        talk: Talk;
        /** connect.js */
        connect: {
            begin(): void;
            /** Talks to this address. It stands in the form meanwhile, and behind it stands what stood there before. */
            to(address: string, seconds?: number, prepare?: () => Promise<unknown>): Promise<void>;
        };
        /** compose.js */
        compose: { take(data: string | Uint8Array): void };
        /** control.js */
        control: {
            ask(address: string, to: string, act: object[]): Promise<Answer>;
            ready(address: string): Promise<void>;
            /** Why the server cannot be asked about the conversation; empty where it can. */
            why(talk: Talk): string;
        };
        /** seen.js */
        refusal(talk: Talk): string;
        compareSides(talk: Talk, seen: Seen): Side[];
        /** both-sides.js */
        bothSides: { compare(asked: boolean): Promise<void>; tookHandshake(): Promise<boolean> };
        /** scenarios.js */
        scenarios: { load(): Promise<void> };
        /** verdicts.js */
        verdicts: {
            readonly ALL: string[];
            shown(result: { verdict: string; outcome: string }): string;
            sign(verdict: string): string;
            words(verdict: string): string;
            sums(verdicts: Iterable<string>): [string, number][];
            isGreen(result: { verdict: string; outcome: string } | undefined): boolean;
            whyEmpty(list: { chosen: number; words: string; elsewhere: number }): string;
            sentence(counts: [string, number][], seconds: number, found?: string): string;
            difference(want: string, got: string): { want: [string, string, string]; got: [string, string, string] };
            stepParts(step: Record<string, unknown>): {
                verb: string;
                on: string;
                rest: string[];
                inner: [string, unknown[]][];
            };
            withWords<T extends { id: string; title: string }>(tests: T[], text: string): T[];
            others(last: LastResults, server: string): Map<string, OtherVerdict[]>;
            browser(
                userAgent: string,
                brands?: { brand: string; version: string }[],
            ): { name: string; runtime: string };
            tryCommand(id: string, client: string, address: string): string;
        };
        /** tests-server.js */
        testServer: {
            load(): Promise<typeof crosswireTests>;
            find(address: string, told: string[]): Promise<TestServer>;
            toldOf(
                probed: { can: string[]; notes: string[] },
                told: string[],
            ): { can: string[]; remarks: string[]; found: string; mayEcho: boolean };
            canBeTold(tests: Test[]): string[];
            lastResults(address: string): Promise<LastResults>;
        };
        /** explain.js */
        explain(about: Explained): Node[];
        /** test-rows.js */
        TestRows: typeof TestRows;
        /** chart.js */
        chart: {
            drawBars(
                svg: SVGElement,
                bars: { start: number; value: number }[],
                marks: { at: number; label: string }[],
                label: (value: number) => string,
            ): void;
            drawLine(svg: SVGElement, values: readonly number[], room: number, label: (value: number) => string): void;
        };
        /** meter.js */
        meter: { received: number; sent: number; readonly waiting: Set<() => number> };
        /** echo-run.js */
        runEchoes(
            plan: { address: string; number: number; size: number; flight: number },
            watching: { stop: AbortSignal; progress: (latencies: Latencies) => void },
        ): Promise<{ latencies: Latencies; seconds: number; stopped: boolean }>;
        clockTick(): number;
        /** flood.js */
        runFlood(
            rate: number,
            seconds: number,
            watching: { stop: AbortSignal; progress: (share: number) => void },
        ): Promise<{ come: number; asked: number; wrong: string; seconds: number; longestFrame: number }>;
    }
}
