// Lets the event loop turn. A promise alone never does: messages, timers and aborts would wait
// until training ends. setTimeout is held to 4 ms in browsers, so messages to oneself instead.

/** How long training may hold the thread, in milliseconds. */
const HOLD = 50;

function nextMacrotask(): Promise<void> {
  if (typeof setImmediate === 'function') {
    return new Promise((resolve) => setImmediate(resolve));
  }
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** Counts the time since the thread was last given away. */
export class Breather {
  #last = performance.now();

  get due(): boolean {
    return performance.now() - this.#last >= HOLD;
  }

  /** Gives the thread away for one turn. */
  async breathe(): Promise<void> {
    await nextMacrotask();
    this.#last = performance.now();
  }
}
