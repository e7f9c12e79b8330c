// A drill's client as the clients function makes and removes it, with the real adapters against both stand-ins.
import { expect, test } from 'vitest'
import { answerApiRequest } from '../../../lambda/core/clients/answer-api-request.ts'
import type { ClientsRequest } from '../../../lambda/core/clients/clients-api.ts'
import { DRILL_SET, drillName } from '../../../lambda/core/clients/drill-client.ts'
import { BREAK_GLASS, PREFIX, stage, useDesk } from './api-seat.ts'

const desk = useDesk()
const NAME = `${PREFIX}${drillName(Date.UTC(2026, 10, 30), '1a2b3c4d')}`

const declare = (secretName: string, set: string): ClientsRequest => ({
  action: 'declare',
  set,
  requestId: 'run-1',
  client: {
    ...{ secretName, displayName: 'drill', description: 'A drill', scopes: [], consumers: [], tags: {} },
    rules: { everyDays: 60 },
    onRemoval: 'delete',
  },
})

test('it has no replicas in a stage that has, and nothing of it is left once it is removed', async () => {
  const replicated = { ...stage, replicas: [{ region: 'eu-north-1' }] }
  const parts = desk.compose()
  await answerApiRequest({ parts, stage: replicated, authority: BREAK_GLASS }, declare(NAME, DRILL_SET))
  const clientId = desk.peek(NAME)?.tags['m2m:client-id'] ?? ''
  expect((await parts.secrets.describe(NAME))?.replicas).toEqual([])
  expect(desk.stytchPlace.stytch.clientIds()).toEqual([clientId])

  const remove = { action: 'removeDrill', secretName: NAME } as const

  expect(await desk.ask(remove)).toBe('removed')
  expect(desk.peek(NAME)).toBeUndefined()
  expect(desk.stytchPlace.stytch.clientIds()).toEqual([])
  expect(await desk.ask(remove)).toBe('notThere')
})

test('no other name goes into its set, and no other set makes one that can be removed as it', async () => {
  await expect(desk.ask(declare(`${PREFIX}billing`, DRILL_SET))).rejects.toThrow(/takes its names alone/)
  await desk.ask(declare(NAME, 'payments'))

  await expect(desk.ask({ action: 'removeDrill', secretName: NAME })).rejects.toThrow(/no drill made it/)
  expect(desk.peek(NAME)).toBeDefined()
})

test('the stage says that drills can be removed, and how often one is wanted', async () => {
  expect(await desk.ask({ action: 'stage' })).toMatchObject({ drills: {} })
  const parts = desk.compose()
  const asked = { ...stage, drillEveryHours: 2160, evidenceBucket: 'evidence' }
  expect(await answerApiRequest({ parts, stage: asked, authority: BREAK_GLASS }, { action: 'stage' })).toMatchObject({
    drills: { everyHours: 2160 },
    evidenceBucket: 'evidence',
  })
})
