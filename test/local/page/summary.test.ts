// What the page's head answers, from the clients as they are.
import { expect, test } from 'vitest'
import { stateLabel, stateWords } from '../../../lambda/core/clients/state-words.ts'
import type { ClientSight } from '../../../lambda/local/page/sight.ts'
import { summaryOf } from '../../../lambda/local/page/summary.ts'

const client = (name: string, more: Partial<ClientSight>): ClientSight => ({
  name,
  secretName: `m2m/laptop/${name}`,
  clientId: null,
  state: 'settled',
  needsAction: false,
  position: null,
  slots: null,
  isActive: null,
  versions: [],
  rotatedAt: null,
  issuedAt: null,
  overlapFrom: null,
  overlapUntil: null,
  isHeld: false,
  isOverdue: false,
  ...more,
})

test('counts by state, names who needs somebody, and finds the oldest value in use', () => {
  const clients = [
    client('a', { issuedAt: 300 }),
    client('b', { issuedAt: 200, state: 'overlap' }),
    client('c', { issuedAt: 100, state: 'retired' }),
    ...['d', 'e', 'f', 'g'].map((name) => client(name, { state: 'dead', needsAction: true })),
    client('h', { isOverdue: true, needsAction: true, issuedAt: 250 }),
  ]

  expect(summaryOf(clients)).toEqual({
    total: 8,
    states: { settled: 2, overlap: 1, retired: 1, dead: 4 },
    wrong: 5,
    wrongNames: ['d', 'e', 'f'].map((name) => ({ name, secretName: `m2m/laptop/${name}`, state: 'dead' })),
    overdue: 1,
    oldest: { name: 'b', issuedAt: 200 },
  })
})

test('no client has no oldest value', () => {
  expect(summaryOf([])).toMatchObject({ total: 0, wrong: 0, oldest: null })
})

test('each state has its tone and one sentence, and a dead client stands out', () => {
  for (const { means } of Object.values(stateWords)) expect(means).toMatch(/^[A-Z].*\.$/)
  expect(stateLabel('dead')).toBe('DEAD')
  expect(stateLabel('gone')).toBe('gone')
})
