// What only a campaign asks of the outside, beside the ports it shares with others: to be interrupted and go on. Whatever a durable
// execution keeps must be plain JSON, small, and nothing secret.

/**
 * An execution that survives its process. Code around these calls runs again from the top after every interruption and must decide
 * the same each time; what runs inside `step` runs at least once, and its reply is kept.
 */
export interface Durable {
  step<Reply>(name: string, act: () => Promise<Reply>): Promise<Reply>
  /** Costs no process; at least a second. */
  wait(name: string, seconds: number): Promise<void>
  /** At most `atOnce` at a time, each with a Durable of its own; replies in the order of the items. */
  each<Item, Reply>(
    name: string,
    items: readonly Item[],
    atOnce: number,
    act: (durable: Durable, item: Item) => Promise<Reply>,
  ): Promise<readonly Reply[]>
  /** This same function, in an execution of its own. @throws when that execution fails. */
  invoke<Order, Reply>(name: string, order: Order): Promise<Reply>
}
