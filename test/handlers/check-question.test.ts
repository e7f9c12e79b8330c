// The check as the rotation function is asked it: one line in the log, one answer, nothing changed, and no value in either.
import type { Context } from 'aws-lambda'
import { afterEach, expect, test, vi } from 'vitest'
import { writeCheckQuestion } from '../../lambda/core/rotation/read-check-question.ts'
import { handleStep } from '../../lambda/handlers/handle-step.ts'
import { SECRET_ARN } from '../fakes/fake-secrets.ts'
import { createKeptRecords } from '../fakes/kept-records.ts'
import { CLIENT_ID, createRegisteredWorld, valueNamed, type World } from '../fakes/world.ts'

const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 60_000 } as Context
afterEach(() => vi.restoreAllMocks())

const ask = async (world: World, event: object) => {
  const said: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  const records = createKeptRecords()
  const answer = await handleStep({ stage: 'test', event, context }, (_about, journal) => ({
    ...world.rotation,
    records,
    journal,
  })).catch((error: unknown) => error)
  vi.restoreAllMocks()
  return { answer, said: said.join(''), lines: said.map((line) => JSON.parse(line)) }
}
const questionTo = ({ secrets }: World) =>
  writeCheckQuestion({
    secrets: [
      {
        secretArn: SECRET_ARN,
        versionId: secrets.holderOf('AWSCURRENT') ?? '',
        clientId: CLIENT_ID,
        isSettled: true,
      },
    ],
  })

test('a dead value is answered and counted, by a line that no metric of steps counts', async () => {
  const world = createRegisteredWorld()
  Object.assign(world.client(), { current: valueNamed('Z') })

  const { answer, lines, said } = await ask(world, questionTo(world))

  expect(answer).toEqual({ findings: [{ found: 'dead', since: expect.any(Number), holds: 'm2m-client-test-orders' }] })
  expect(lines).toMatchObject([{ ask: 'check', secrets: 1, outcome: 'answered', dead: 1 }])
  expect(lines[0]).not.toHaveProperty('_aws')
  expect(`${said}${JSON.stringify(answer)}`).not.toContain('canary-')
})

test('a malformed question is refused as a malformed step is, and nothing is asked of anybody', async () => {
  const world = createRegisteredWorld()
  world.log.clear()

  const { answer, lines, said } = await ask(world, { ...questionTo(world), Step: 'canary' })

  expect(answer).toMatchObject({ name: 'RotationRefused', refusal: { reason: 'malformedEvent' } })
  expect(lines).toMatchObject([{ outcome: 'refused', reason: 'malformedEvent' }])
  expect(said).not.toContain('canary')
  expect(world.log.calls).toEqual([])
})

test('a defect is logged by its name, and thrown', async () => {
  const world = createRegisteredWorld()
  world.log.before.push(() => {
    throw new TypeError('canary-text')
  })

  const { answer, lines } = await ask(world, questionTo(world))

  expect(answer).toBeInstanceOf(TypeError)
  expect(lines).toMatchObject([{ ask: 'check', outcome: 'failed', code: 'DEFECT', message: 'TypeError' }])
})
