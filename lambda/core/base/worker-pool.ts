// Does the same for many, so many at once. Each item is taken when a worker is free for it. Own code: p-map ends with its first failure
// while other items go on behind the caller's back, and has no way to stop early without one.

/**
 * @param concurrency how many at once, at most
 * @param task 'stop': no further item is begun
 * @returns once everything that was begun has ended. @throws what the first failure threw; no item is begun after it
 */
export const runWorkers = async <Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  task: (item: Item) => Promise<'stop' | undefined>,
): Promise<void> => {
  const source = (async function* (): AsyncGenerator<Item, void> {
    yield* items
  })()
  let isStopped = false
  const work = async (): Promise<void> => {
    try {
      while (!isStopped) {
        const { value, done } = await source.next()
        if (done === true || isStopped) return
        if ((await task(value)) === 'stop') isStopped = true
      }
    } catch (error) {
      isStopped = true
      throw error
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, work))
  await source.return()
  const failure = ends.find((end) => end.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}

/** @returns each item's result, in the order of the items. */
export const mapInParallel = async <Item, Found>(
  items: readonly Item[],
  concurrency: number,
  find: (item: Item) => Promise<Found>,
): Promise<readonly Found[]> => {
  const found: Found[] = []
  await runWorkers(items.entries(), concurrency, async ([at, item]) => {
    found[at] = await find(item)
    return undefined
  })
  return found
}
