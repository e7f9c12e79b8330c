// Rules on the stand-in's bus: which events go to which function, in which shape, and what becomes of them.

import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AwsStandIn, createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { type EventPattern, matchesPattern } from '../../../lambda/local/aws/event-pattern.ts'
import type { Invocation, InvocationResult } from '../../../lambda/local/aws/functions.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:m2m-laptop-incident'
const leaks = { source: ['m2m.security'], 'detail-type': ['Secret Leak Reported'] }

let standIn: AwsStandIn
let client: EventBridgeClient
let invocations: Invocation[]
let answer: InvocationResult

beforeEach(async () => {
  invocations = []
  answer = { ok: true }
  standIn = createAwsStandIn({
    world: createWorld(() => Date.parse('2026-03-01T10:00:00.250Z')),
    functions: {
      exists: () => true,
      invoke: async (invocation) => {
        invocations.push(invocation)
        return answer
      },
    },
    sleep: async () => {},
  })
  client = new EventBridgeClient({
    endpoint: await standIn.listen(0),
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
})
afterEach(async () => {
  client.destroy()
  await standIn.close()
})

const put = (source: string, { bus = 'm2m-laptop', detail = {} as object } = {}) =>
  client.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: bus,
          Source: source,
          DetailType: 'Secret Leak Reported',
          Detail: JSON.stringify(detail),
          Resources: ['arn:x'],
        },
      ],
    }),
  )

const putRule = (pattern: EventPattern): void =>
  standIn.resources.putRule({ name: 'Leaks', busName: 'm2m-laptop', pattern, targets: [{ arn: FUNCTION_ARN }] })

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('a rule', () => {
  it('hands the whole event to its function', async () => {
    putRule(leaks)

    const reply = await put('m2m.security', { detail: { incidentId: 'INC-1' } })
    await settled()

    expect(invocations).toEqual([
      {
        functionArn: FUNCTION_ARN,
        qualifier: undefined,
        version: '$LATEST',
        event: {
          version: '0',
          id: reply.Entries?.[0]?.EventId,
          'detail-type': 'Secret Leak Reported',
          source: 'm2m.security',
          account: '000000000000',
          time: '2026-03-01T10:00:00Z',
          region: 'us-east-1',
          resources: ['arn:x'],
          detail: { incidentId: 'INC-1' },
        },
      },
    ])
  })

  it('leaves other events, and other buses, alone', async () => {
    putRule(leaks)

    await put('m2m.other')
    await put('m2m.security', { bus: 'default' })
    await settled()

    expect(invocations).toEqual([])
  })

  it('has a function that fails tried again, and keeps what was never done', async () => {
    putRule(leaks)
    answer = { ok: false, errorType: 'Fault', errorMessage: 'no' }

    await put('m2m.security')
    await settled()

    expect(invocations).toHaveLength(3)
    expect(standIn.deadLetters()).toEqual([
      { functionArn: FUNCTION_ARN, errorType: 'Fault', errorMessage: 'no', at: expect.any(Number) },
    ])
  })

  it('ends when it is removed', async () => {
    putRule(leaks)
    standIn.resources.removeRule('Leaks', 'm2m-laptop')

    await put('m2m.security')
    await settled()

    expect(invocations).toEqual([])
  })

  it.each([
    [{ detail: { n: [{ numeric: ['>', 1] }] } }, /detail\.n: numeric is not played/],
    [{ $and: [{ source: ['a'] }] }, /\$and is not played/],
    [{ $or: [{ n: [{ numeric: ['>', 1] }] }] }, /n: numeric is not played/],
    [{ source: [] }, /source is empty/],
  ])('that nobody plays is refused: %j', (pattern, expected) => {
    const connect = () => putRule(pattern as EventPattern)

    expect(connect).toThrow(expected)
  })
})

describe('a pattern', () => {
  const event = {
    source: 'm2m.security',
    detail: {
      selector: { clientIds: ['a', 'b'], tags: { team: 'x' }, all: true },
      count: 3,
      none: null,
      text: 'abc-def',
    },
  }
  const of = (field: string, leaf: unknown): EventPattern => ({ detail: { [field]: [leaf] } }) as EventPattern
  const inSelector = (field: string, leaf: unknown): EventPattern =>
    ({ detail: { selector: { [field]: [leaf] } } }) as EventPattern

  it.each<[string, EventPattern, boolean]>([
    ['an exact text', { source: ['m2m.security'] }, true],
    ['one of several', { source: ['x', 'm2m.security'] }, true],
    ['no part of a text', { source: ['m2m.sec'] }, false],
    ['a number', of('count', 3), true],
    ['null', of('none', null), true],
    ['no null for an absent field', of('absent', null), false],
    ['a prefix', of('text', { prefix: 'abc' }), true],
    ['another prefix', of('text', { prefix: 'def' }), false],
    ['a wildcard', of('text', { wildcard: 'a*-d*f' }), true],
    ['a wildcard that ends elsewhere', of('text', { wildcard: '*abc' }), false],
    ['a dot in a wildcard is a dot', of('text', { wildcard: 'abc.def' }), false],
    ['anything but another', of('text', { 'anything-but': ['x', 'y'] }), true],
    ['not anything but this', of('text', { 'anything-but': 'abc-def' }), false],
    ['nothing absent is anything but', of('absent', { 'anything-but': 'x' }), false],
    ['one of several patterns', { source: ['m2m.security'], $or: [of('count', 4), of('none', null)] }, true],
    ['none of several patterns', { source: ['m2m.security'], $or: [of('count', 4), of('count', 5)] }, false],
    ['one of several patterns, but not the rest', { source: ['x'], $or: [of('count', 3)] }, false],
    ['an element of an array', inSelector('clientIds', 'b'), true],
    ['a field that exists', inSelector('clientIds', { exists: true }), true],
    ['a field that does not', inSelector('scopes', { exists: false }), true],
    ['a field that should not', inSelector('all', { exists: false }), false],
    ['an object is no leaf, and so does not exist', inSelector('tags', { exists: false }), true],
    ['nothing below what is absent', { detail: { absent: { x: ['y'] } } }, false],
    ['the absence of what is below what is absent', { detail: { absent: { x: [{ exists: false }] } } }, true],
  ])('matches as EventBridge does: %s', (_, pattern, expected) => {
    expect(matchesPattern(pattern, event)).toBe(expected)
  })
})
