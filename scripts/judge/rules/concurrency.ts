// concurrency: what functions reserve adds up, and comes out of the account's quota in a Region, of which Lambda keeps 100 for functions
// without a reservation. A reservation of 0 does not mean none: it stops the function.
import { type Finding, finder, type Rule } from '../finding.ts'
import { UNRESERVED_CONCURRENCY } from '../quotas.ts'
import { ofType, type Stack } from '../template.ts'

const find = finder('concurrency')

const reservationsOf = (stack: Stack) =>
  ofType(stack, 'AWS::Lambda::Function').flatMap(({ id, properties }) => {
    const reserved = properties.ReservedConcurrentExecutions
    return reserved === undefined ? [] : [{ id, reserved: Number(reserved) }]
  })

/** `account/Region` → what the stacks there reserve together. */
export const reservedIn = (stacks: readonly Stack[]): ReadonlyMap<string, number> => {
  const totals = new Map<string, number>()
  for (const stack of stacks) {
    const place = `${stack.account}/${stack.region}`
    const sum = reservationsOf(stack).reduce((total, { reserved }) => total + reserved, totals.get(place) ?? 0)
    totals.set(place, sum)
  }
  return totals
}

export const concurrency: Rule = {
  id: 'concurrency',
  judge: (stacks, { concurrencyQuota }) => {
    const stopped = stacks.flatMap((stack) =>
      reservationsOf(stack)
        .filter(({ reserved }) => reserved === 0)
        .map(({ id }) => find(stack, id, 'reserves 0, which stops the function: leave the property out')),
    )
    const tooMuch = [...reservedIn(stacks)].flatMap(([place, total]): readonly Finding[] => {
      const needed = total + UNRESERVED_CONCURRENCY
      const [stack] = stacks.filter(({ account, region }) => `${account}/${region}` === place)
      if (total === 0 || needed <= concurrencyQuota || stack === undefined) return []
      return [
        find(stack, '', `reserves ${total} executions, for which the quota must be ${needed}, not ${concurrencyQuota}`),
      ]
    })
    return [...stopped, ...tooMuch]
  },
}
