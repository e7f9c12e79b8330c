// What is worth a short wait, and no more: somebody sits in front of it.
import { setTimeout as sleep } from 'node:timers/promises'

/** @returns what the work comes to, or `otherwise` when that takes longer. @throws what the work throws in time */
export const within = async <Value>(ms: number, work: Promise<Value>, otherwise: Value): Promise<Value> => {
  // Ended with the answer: a timer that runs on would keep the process alive.
  const patience = new AbortController()
  const tooLate = sleep(ms, otherwise, { signal: patience.signal }).catch(() => otherwise)
  return Promise.race([work, tooLate]).finally(() => patience.abort())
}
