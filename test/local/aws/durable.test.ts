// Durable executions on the stand-in, driven by AWS's own SDK over HTTP: waits by the shared clock, retries, chained invocations, kills,
// names, limits; and what an operator asks of them with the plain client.

import { NestingType } from '@aws/durable-execution-sdk-js'
import {
  CheckpointDurableExecutionCommand,
  InvokeCommand,
  type LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  StopDurableExecutionCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import type { World } from '../../../lambda/local/stand-in/world.ts'
import { until } from '../../e2e/spawned.ts'
import { arnOf, type Body, type DurableSeat, HOUR, openDurable, promised } from './durable-seat.ts'

let seat: DurableSeat
let world: World
let standIn: AwsStandIn
let lambda: LambdaClient
let bodies: Map<string, Body>
let invocations: string[]

beforeEach(async () => {
  seat = await openDurable()
  ;({ world, standIn, lambda, bodies, invocations } = seat)
  seat.plain.set('plain', async (event) => ({ echoed: event }))
})

afterEach(() => seat.close())

const start: DurableSeat['start'] = (...request) => seat.start(...request)
const get: DurableSeat['get'] = (arn) => seat.get(arn)
const endOf: DurableSeat['endOf'] = (arn) => seat.endOf(arn)
const asleep: DurableSeat['asleep'] = (name) => seat.asleep(name)

describe('an execution', () => {
  it('runs its steps once, waits by the shared clock, and gives its result', async () => {
    const ran: string[] = []
    bodies.set('flow', async (event: { readonly from: number }, context) => {
      const one = await context.step('one', async () => {
        ran.push('one')
        return event.from + 1
      })
      await context.wait('a day', { days: 1 })
      return context.step('two', async () => {
        ran.push('two')
        return one + 1
      })
    })
    const arn = await start('flow', { from: 40 })
    await asleep('flow')
    expect(ran).toEqual(['one'])

    world.clock.advance(24 * HOUR)
    const { Status, Result } = await endOf(arn)

    expect({ Status, Result }).toEqual({ Status: 'SUCCEEDED', Result: '42' })
    expect(ran).toEqual(['one', 'two'])
    expect(invocations).toHaveLength(2)
  })

  it('that fails is told to who asks, and lies with the dead letters', async () => {
    bodies.set('flow', async () => {
      throw new TypeError('a defect')
    })

    const { Status, Error: error } = await endOf(await start('flow'))

    expect(Status).toBe('FAILED')
    expect(error).toMatchObject({ ErrorType: 'TypeError', ErrorMessage: 'a defect' })
    await until(() => standIn.deadLetters().length > 0, 'the dead letter')
    expect(standIn.deadLetters()).toEqual([
      expect.objectContaining({ functionArn: arnOf('flow'), errorType: 'TypeError', errorMessage: 'a defect' }),
    ])
  })

  it('answers a synchronous caller once it is over', async () => {
    bodies.set('flow', async (_event, context) => {
      await context.wait('a second', { seconds: 1 })
      return { done: true }
    })

    const reply = await lambda.send(new InvokeCommand({ FunctionName: 'flow:live', Payload: '{}' }))

    expect(JSON.parse(Buffer.from(reply.Payload ?? []).toString())).toEqual({ done: true })
    expect(reply.FunctionError).toBeUndefined()
  })

  it('retries a step when its strategy says so, at the time it says', async () => {
    let tries = 0
    bodies.set('flow', (_event, context) =>
      context.step(
        'shaky',
        async () => {
          tries += 1
          if (tries < 3) throw new Error('not yet')
          return tries
        },
        { retryStrategy: () => ({ shouldRetry: true, delay: { hours: 1 } }) },
      ),
    )
    const arn = await start('flow')
    for (const expected of [1, 2]) {
      await until(
        () => tries === expected && standIn.durableExecutions()[0]?.operations()[1]?.status === 'PENDING',
        'a try',
      )
      world.clock.advance(HOUR)
    }

    expect((await endOf(arn)).Result).toBe('3')
  })

  it('can be asked for by its function, and stopped', async () => {
    bodies.set('flow', async (_event, context) => {
      await context.wait('for ever', { days: 300 })
    })
    const arn = await start('flow')
    await asleep('flow')

    const { DurableExecutions: listed = [] } = await lambda.send(
      new ListDurableExecutionsByFunctionCommand({ FunctionName: 'flow' }),
    )
    await lambda.send(new StopDurableExecutionCommand({ DurableExecutionArn: arn }))

    expect(listed.map(({ DurableExecutionArn }) => DurableExecutionArn)).toEqual([arn])
    expect((await get(arn)).Status).toBe('STOPPED')
  })
})

describe('a chained invocation', () => {
  it('is an execution of its own, whose result comes back', async () => {
    bodies.set('child', (event: { readonly n: number }, context) => context.step('double', async () => event.n * 2))
    bodies.set('parent', async (_event, context) => {
      const all = await context.map(
        'children',
        [1, 2, 3],
        (each, n) => each.invoke<{ n: number }, number>(`child ${n}`, `${arnOf('child')}:live`, { n }),
        { maxConcurrency: 2, nesting: NestingType.FLAT },
      )
      return all.getResults()
    })

    expect((await endOf(await start('parent'))).Result).toBe('[2,4,6]')
    expect(standIn.durableExecutions().map(({ input }) => input.functionArn.split(':').at(-1))).toEqual([
      'parent',
      'child',
      'child',
      'child',
    ])
  })

  it('that fails is an error to who asked', async () => {
    bodies.set('child', async () => {
      throw new Error('the child’s defect')
    })
    bodies.set('parent', async (_event, context) => {
      try {
        return await context.invoke('child', `${arnOf('child')}:live`, {})
      } catch (error) {
        return error instanceof Error ? error.message : 'unknown'
      }
    })

    expect((await endOf(await start('parent'))).Result).toContain('the child’s defect')
  })

  it('of a function that is not durable is a plain one; of none, an error', async () => {
    bodies.set('parent', async (_event, context) => {
      const plain = await context.invoke('plain', 'plain', { n: 1 })
      const none = await context.invoke('none', 'none:live', {}).catch((error: unknown) => (error as Error).message)
      return { plain, none }
    })

    expect(JSON.parse((await endOf(await start('parent'))).Result ?? '{}')).toEqual({
      plain: { echoed: { n: 1 } },
      none: expect.stringContaining('Function not found'),
    })
  })
})

describe('a process that is killed', () => {
  it('is followed by another, which goes on from the last checkpoint; what the dead one still says is not heard', async () => {
    const ran: string[] = []
    const killed = promised()
    const ended = promised()
    const spoke = promised()
    bodies.set('flow', async (_event, context) => {
      for (const name of ['a', 'b', 'c']) {
        await context.step(name, async () => {
          ran.push(name)
          // The first process is killed during b, and goes on when the other has ended.
          if (name === 'b' && ran.filter((one) => one === 'b').length === 1) {
            killed.keep()
            await ended.promise
            ran.push('b by the dead')
            spoke.keep()
          }
        })
      }
      return 'done'
    })
    seat.fates.of = (_name, nth) => (nth === 1 ? killed.promise : 'lives')

    const { Result } = await endOf(await start('flow'))
    ended.keep()
    await spoke.promise
    // What it says reaches the API, or does not, within some turns; by then c would have begun.
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve))

    expect(Result).toBe('"done"')
    expect(ran.filter((name) => name === 'a')).toHaveLength(1)
    expect(ran.filter((name) => name === 'b')).toHaveLength(2)
    expect(ran.filter((name) => name === 'c')).toHaveLength(1)
  })

  it('again and again is followed again and again', async () => {
    bodies.set('flow', () => new Promise(() => {}))
    seat.fates.of = () => Promise.resolve()
    const arn = await start('flow')

    await until(() => invocations.length >= 4, 'four tries')
    expect((await get(arn)).Status).toBe('RUNNING')
  })
})

describe('a name', () => {
  it('makes a repeated request the same execution, also when it is over', async () => {
    bodies.set('flow', async () => 'done')
    const one = await start('flow', { a: 1 }, 'nightly-7')
    await endOf(one)

    expect(await start('flow', { a: 1 }, 'nightly-7')).toBe(one)
    expect(invocations).toHaveLength(1)
  })

  it('with another input is refused', async () => {
    bodies.set('flow', async () => 'done')
    await start('flow', { a: 1 }, 'nightly-7')

    await expect(start('flow', { a: 2 }, 'nightly-7')).rejects.toMatchObject({
      name: 'DurableExecutionAlreadyStartedException',
    })
  })

  it('that is malformed is refused', async () => {
    bodies.set('flow', async () => 'done')

    await expect(start('flow', {}, 'not a name')).rejects.toMatchObject({ name: 'InvalidParameterValueException' })
  })
})

it('a durable function without a qualifier is refused', async () => {
  bodies.set('flow', async () => 'done')

  await expect(lambda.send(new InvokeCommand({ FunctionName: 'flow', Payload: '{}' }))).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
  })
})

describe('the limits', () => {
  it('a checkpoint token is good once', async () => {
    bodies.set('flow', async (_event, context) => {
      await context.step('one', async () => 1)
      await context.wait('an hour', { hours: 1 })
    })
    const arn = await start('flow')
    await asleep('flow')

    const used = { DurableExecutionArn: arn, CheckpointToken: 'a token of the past' }

    await expect(lambda.send(new CheckpointDurableExecutionCommand(used))).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'Invalid Checkpoint Token',
    })
  })

  it('a payload over 256 KB ends the execution', async () => {
    bodies.set('flow', (_event, context) => context.step('large', async () => 'x'.repeat(257 * 1024)))

    const { Status, Error: error } = await endOf(await start('flow'))

    expect(Status).toBe('FAILED')
    expect(error?.ErrorMessage).toContain('Payload size')
  })

  it('more than 3,000 operations end the execution, and up to there all come back on replay', async () => {
    bodies.set('flow', async (event: { readonly steps: number }, context) => {
      const all = Array.from({ length: event.steps }, (_, n) => context.step(`s${n}`, async () => n))
      const sum = (await Promise.all(all)).reduce((one, other) => one + other, 0)
      await context.wait('an hour', { hours: 1 })
      return sum
    })
    const fits = await start('flow', { steps: 1200 })
    await asleep('flow')
    world.clock.advance(HOUR)

    expect((await endOf(fits)).Result).toBe(String((1199 * 1200) / 2))
    expect(standIn.calls().some(({ op }) => op === 'GetDurableExecutionState')).toBe(true)

    const { Status, Error: error } = await endOf(await start('flow', { steps: 3001 }))
    expect(Status).toBe('FAILED')
    expect(error?.ErrorMessage).toContain('3000 operations')
  }, 60_000)
})

it('a reset forgets all of them', async () => {
  bodies.set('flow', async (_event, context) => {
    await context.wait('an hour', { hours: 1 })
  })
  await start('flow')
  await asleep('flow')

  world.reset()

  expect(standIn.durableExecutions()).toEqual([])
})
