// What changed between two looks at the subscribers: how fast each one is, and whether it is slow.

/** How long drops make a subscriber a slow one, milliseconds. */
const SLOW_FOR = 60000;
/** Which part of its buffer is a lag that is worth a badge. */
const LARGE_LAG = 0.5;
/** The default of `events.subscriber_buffer_size`. */
const BUFFER = 100;

export class SubscriberRates {
  #before = new Map();
  #at = 0;

  /**
   * Adds what can be said of each subscriber now.
   * @param {object[]} subscribers  as the gateway lists them
   * @returns {object[]} with `rate` (events per second; at first the gateway's own), `lag` (0 to 1) and `isSlow`
   */
  add(subscribers) {
    const now = performance.now();
    const seconds = (now - this.#at) / 1000;
    const known = new Map();
    const found = subscribers.map((subscriber) => {
      const before = this.#before.get(subscriber.id);
      const hasDropped = before ? subscriber.dropped > before.dropped : false;
      const droppedAt = hasDropped ? now : before?.droppedAt;
      known.set(subscriber.id, { delivered: subscriber.delivered, dropped: subscriber.dropped, droppedAt });
      const lag = Math.min(1, subscriber.queued / (subscriber.buffer_size ?? BUFFER));
      return {
        ...subscriber, lag, rate: before ? (subscriber.delivered - before.delivered) / seconds : subscriber.rate,
        isSlow: lag >= LARGE_LAG || (droppedAt !== undefined && now - droppedAt < SLOW_FOR),
      };
    });
    [this.#before, this.#at] = [known, now];
    return found;
  }
}
