// What the page's head answers: is anything wrong, with whom, how many clients there are, and how old the oldest secret is. Pure.
import type { ShownState } from '../../core/clients/client-status.ts'
import type { ClientSight } from './sight.ts'

export interface Summary {
  readonly total: number
  readonly states: Readonly<Partial<Record<ShownState, number>>>
  /** How many need somebody to act, and the first few of them. */
  readonly wrong: number
  readonly wrongNames: readonly { readonly name: string; readonly secretName: string; readonly state: ShownState }[]
  readonly overdue: number
  readonly oldest: { readonly name: string; readonly issuedAt: number } | null
}

const NAMED = 3
const outOfUse: readonly ShownState[] = ['retired', 'deleted']

export const summaryOf = (clients: readonly ClientSight[]): Summary => {
  const states: Partial<Record<ShownState, number>> = {}
  let oldest: Summary['oldest'] = null
  let overdue = 0
  const wrong: ClientSight[] = []
  for (const client of clients) {
    const { state, issuedAt, name } = client
    states[state] = (states[state] ?? 0) + 1
    if (client.needsAction) wrong.push(client)
    if (client.isOverdue) overdue += 1
    const isOlder = issuedAt !== null && !outOfUse.includes(state) && issuedAt < (oldest?.issuedAt ?? Infinity)
    if (isOlder) oldest = { name, issuedAt }
  }
  return {
    total: clients.length,
    states,
    wrong: wrong.length,
    wrongNames: wrong.slice(0, NAMED).map(({ name, secretName, state }) => ({ name, secretName, state })),
    overdue,
    oldest,
  }
}
