// Time limits of durable functions, by the shared clock: an invocation that is cut off is followed by another, an execution that is over its
// time ends, and a name is free again once its execution is forgotten.
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../e2e/spawned.ts'
import { type DurableSeat, HOUR, openDurable, promised } from './durable-seat.ts'

const MINUTE = 60_000
const DAY = 24 * HOUR

let seat: DurableSeat

beforeEach(async () => {
  seat = await openDurable()
})
afterEach(() => seat.close())

describe('an invocation that takes longer than the function’s timeout', () => {
  it('is cut off and followed by another, which goes on from the last checkpoint and is metered', async () => {
    const ran: string[] = []
    const hung = promised()
    seat.configured.set('flow', { timeoutMs: 15 * MINUTE })
    seat.bodies.set('flow', async (_event, context) => {
      await context.step('one', async () => void ran.push('one'))
      await context.step('two', async () => {
        ran.push('two')
        if (ran.filter((step) => step === 'two').length > 1) return
        hung.keep()
        await new Promise(() => {})
      })
      return 'done'
    })
    const arn = await seat.start('flow')
    await hung.promise

    seat.world.clock.advance(15 * MINUTE)

    expect((await seat.endOf(arn)).Result).toBe('"done"')
    expect(ran).toEqual(['one', 'two', 'two'])
    expect(seat.invocations).toHaveLength(2)
    // The execution, two steps, and the invocation that was repeated.
    expect(seat.standIn.durableExecutions()[0]?.operationCount()).toBe(4)
  })

  it('is tried again for as long as the execution may take, and no longer', async () => {
    seat.configured.set('flow', { timeoutMs: MINUTE, executionTimeoutMs: HOUR })
    seat.bodies.set('flow', () => new Promise(() => {}))
    const arn = await seat.start('flow')
    for (const nth of [1, 2, 3]) {
      await until(() => seat.invocations.length === nth, `invocation ${nth}`)
      seat.world.clock.advance(MINUTE)
    }

    expect((await seat.get(arn)).Status).toBe('RUNNING')
    seat.world.clock.advance(HOUR)
    expect((await seat.endOf(arn)).Status).toBe('TIMED_OUT')
  })
})

describe('an execution that takes longer than its timeout', () => {
  it('ends as timed out while it waits, is told so, and lies with the dead letters', async () => {
    seat.configured.set('flow', { executionTimeoutMs: 2 * HOUR })
    seat.bodies.set('flow', (_event, context) => context.wait('a day', { days: 1 }))
    const arn = await seat.start('flow')
    await seat.asleep('flow')

    seat.world.clock.advance(2 * HOUR)
    const { Status, Error: error, EndTimestamp } = await seat.endOf(arn)

    expect(Status).toBe('TIMED_OUT')
    expect(error?.ErrorMessage).toContain('7200 seconds')
    expect(EndTimestamp).toBeDefined()
    await until(() => seat.standIn.deadLetters().length === 1, 'the dead letter')
    expect(seat.invocations).toHaveLength(1)
  })

  it('ends the operation of whoever chained it, which can be caught', async () => {
    seat.configured.set('child', { executionTimeoutMs: HOUR })
    seat.bodies.set('child', (_event, context) => context.wait('a day', { days: 1 }))
    seat.bodies.set('flow', async (_event, context) => {
      try {
        return await context.invoke('child', 'child:live', {})
      } catch (error) {
        return (error as Error).message
      }
    })
    const arn = await seat.start('flow')
    await seat.asleep('child')

    seat.world.clock.advance(HOUR)

    expect((await seat.endOf(arn)).Result).toContain('timed out')
    const [flow] = seat.standIn.durableExecutions()
    expect(flow?.operations().map(({ type, status }) => [type, status])).toContainEqual(['CHAINED_INVOKE', 'TIMED_OUT'])
  })
})

it('nobody waits synchronously for a function whose executions may take longer than 15 minutes', async () => {
  seat.configured.set('flow', { executionTimeoutMs: HOUR })
  seat.bodies.set('flow', async () => 'done')

  const call = seat.lambda.send(new InvokeCommand({ FunctionName: 'flow:live', Payload: '{}' }))

  await expect(call).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: 'You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.',
  })
})

describe('a name', () => {
  it('is free again once its execution is forgotten', async () => {
    seat.configured.set('flow', { retentionMs: 30 * DAY })
    seat.bodies.set('flow', async () => 'done')
    const first = await seat.start('flow', {}, 'nightly-7')
    await seat.endOf(first)

    seat.world.clock.advance(30 * DAY - 1000)
    expect(await seat.start('flow', {}, 'nightly-7')).toBe(first)
    seat.world.clock.advance(1000)

    expect(await seat.start('flow', {}, 'nightly-7')).not.toBe(first)
    await expect(seat.get(first)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it('is taken for every function of the account: the other’s execution is what the same input gets, and no other starts', async () => {
    seat.bodies.set('flow', async () => 'flow')
    seat.bodies.set('other', async () => 'other')
    const first = await seat.start('flow', { a: 1 }, 'nightly-7')
    await seat.endOf(first)

    expect(await seat.start('other', { a: 1 }, 'nightly-7')).toBe(first)
    await expect(seat.start('other', { a: 2 }, 'nightly-7')).rejects.toMatchObject({
      name: 'DurableExecutionAlreadyStartedException',
    })
    expect(seat.invocations).toEqual(['flow'])
  })

  it('is each function’s own where the setting says so, over all its versions', async () => {
    seat.standIn.configure({ executionNames: 'function' })
    seat.bodies.set('flow', async () => 'flow')
    seat.bodies.set('other', async () => 'other')
    const first = await seat.start('flow', {}, 'nightly-7')

    const other = await seat.start('other', {}, 'nightly-7')
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:flow'
    seat.standIn.versions.point(functionArn, 'live', seat.standIn.versions.publish(functionArn))

    expect((await seat.endOf(other)).Result).toBe('"other"')
    expect(await seat.start('flow', {}, 'nightly-7')).toBe(first)
  })
})
