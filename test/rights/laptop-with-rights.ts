// The laptop whose functions call with the rights that the template gives their roles.
import type { Evaluation, Rights } from '../../lambda/local/iam/rights.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { startTestLaptop } from '../fakes/laptop.ts'

export interface LaptopWithRights {
  readonly laptop: Laptop
  readonly rights: Rights
  /** Every question that was put about a function's call. */
  ofFunctions(): readonly Evaluation[]
  close(): Promise<void>
}

export const startLaptopWithRights = async (): Promise<LaptopWithRights> => {
  const laptop = await startTestLaptop()
  const { rights } = laptop
  if (rights === undefined) throw new Error('The laptop evaluates nothing.')
  return {
    laptop,
    rights,
    ofFunctions: () => rights.evaluations().filter(({ caller }) => 'context' in caller && caller.context !== undefined),
    close: laptop.close,
  }
}
