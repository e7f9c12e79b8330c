// Reserved concurrency and the account's quota: who is throttled, what he is told, and what Lambda tries again by itself.
import {
  DeleteFunctionConcurrencyCommand,
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../e2e/spawned.ts'
import { arnOf, type DurableSeat, HOUR, openDurable, promised } from './durable-seat.ts'

let seat: DurableSeat
/** Of quotas by the second. */
let second = 0
/** What holds up every invocation of `slow`. */
let gate: ReturnType<typeof promised>

beforeEach(async () => {
  seat = await openDurable({}, { quotaNow: () => second * 1000 })
  gate = promised()
  seat.plain.set('slow', async () => gate.promise)
})
afterEach(async () => {
  gate.keep()
  await seat.close()
})

const invoke = (FunctionName: string, InvocationType: 'Event' | 'RequestResponse' = 'RequestResponse') =>
  seat.lambda.send(new InvokeCommand({ FunctionName, InvocationType, Payload: '{}' }))
const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) =>
  seat.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }))
const isRunning = (name: string, count: number) =>
  until(() => seat.invocations.filter((one) => one === name).length === count, `${count} of ${name}`)

describe('a synchronous invocation beyond what is reserved', () => {
  it('is throttled with 429 and its reason, until another has ended', async () => {
    await reserve('slow', 1)
    const first = invoke('slow')
    await isRunning('slow', 1)

    await expect(invoke('slow')).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      $metadata: { httpStatusCode: 429 },
    })
    gate.keep()
    await first

    expect((await invoke('slow')).StatusCode).toBe(200)
  })

  it('of the account’s quota is throttled too, but for functions that have reserved theirs', async () => {
    seat.plain.set('reserved', async () => 'answer')
    await reserve('reserved', 10)
    seat.standIn.configure({ concurrentExecutions: 11 })
    const first = invoke('slow')
    await isRunning('slow', 1)

    await expect(invoke('slow')).rejects.toMatchObject({ Reason: 'ConcurrentInvocationLimitExceeded' })
    expect((await invoke('reserved')).StatusCode).toBe(200)

    gate.keep()
    await first
  })

  it('of a durable function is throttled, and begins no execution', async () => {
    seat.bodies.set('flow', async () => 'done')
    await reserve('flow', 0)

    await expect(invoke('flow:live')).rejects.toMatchObject({ name: 'TooManyRequestsException' })
    expect(seat.standIn.durableExecutions()).toEqual([])
  })
})

describe('synchronous invocations of a function with one reserved execution', () => {
  const countOf = async (tries: number): Promise<number> => {
    for (let done = 0; done < tries; done += 1) {
      const refused = await invoke('quick').then(
        () => undefined,
        (error: { readonly Reason?: string }) => error.Reason ?? String(error),
      )
      if (refused === undefined) continue
      expect(refused).toBe('ReservedFunctionInvocationRateLimitExceeded')
      return done
    }
    return tries
  }

  beforeEach(async () => {
    seat.plain.set('quick', async () => 'answer')
    await reserve('quick', 1)
  })

  it('are ten a second where quotas are enforced, and events are as many as come', async () => {
    seat.standIn.configure({ enforceQuotas: true })

    expect(await countOf(12)).toBe(10)
    await Promise.all([invoke('quick', 'Event'), invoke('quick', 'Event')])
    await until(() => seat.invocations.length === 12, 'both events')
    second += 1
    expect(await countOf(12)).toBe(10)
  })

  it('are as many as come where they are not', async () => {
    expect(await countOf(12)).toBe(12)
  })
})

describe('what API Gateway invokes', () => {
  it('is throttled as all others are, and makes room when it has ended', async () => {
    await reserve('slow', 1)
    const first = seat.standIn.invokeFunction(arnOf('slow'), {})
    await isRunning('slow', 1)

    expect(await seat.standIn.invokeFunction(arnOf('slow'), {})).toMatchObject({
      ok: false,
      errorType: 'TooManyRequestsException',
    })
    await expect(invoke('slow')).rejects.toMatchObject({ name: 'TooManyRequestsException' })
    gate.keep()
    await first

    expect(await seat.standIn.invokeFunction(arnOf('slow'), {})).toMatchObject({ ok: true })
  })
})

describe('an event that is throttled', () => {
  it('is tried again until there is room, and has its own tries left', async () => {
    await reserve('slow', 1)
    seat.standIn.configure({ asyncRetryMs: 1 })
    const first = invoke('slow')
    await isRunning('slow', 1)
    let failures = 0
    await invoke('slow', 'Event')
    seat.plain.set('slow', async () => {
      failures += 1
      if (failures < 3) throw new Error('not yet')
    })

    gate.keep()
    await first
    await until(() => failures === 3, 'its third try')

    expect(seat.standIn.deadLetters()).toEqual([])
  })

  it('lies with the dead letters once it is six hours old', async () => {
    await reserve('slow', 1)
    const first = invoke('slow')
    await isRunning('slow', 1)
    await invoke('slow', 'Event')

    seat.world.clock.advance(6 * HOUR)
    await until(() => seat.standIn.deadLetters().length > 0, 'the dead letter')

    expect(seat.standIn.deadLetters()).toEqual([
      expect.objectContaining({ functionArn: arnOf('slow'), errorType: 'TooManyRequestsException' }),
    ])
    expect(seat.invocations).toEqual(['slow'])
    gate.keep()
    await first
  })

  it.each([
    ['fails', 1, 90],
    ['fails twice', 2, 40],
  ])('that %s is no younger for that: older than it may be, it is not tried again', async (_, tries, minutes) => {
    seat.standIn.configure({ asyncRetryMs: 1 })
    seat.configured.set('old', { maxEventAgeMs: HOUR })
    seat.plain.set('old', async () => {
      seat.world.clock.advance(minutes * 60_000)
      throw new Error('not yet')
    })

    await invoke('old', 'Event')
    await until(() => seat.standIn.deadLetters().length > 0, 'the dead letter')

    expect(seat.standIn.deadLetters()).toEqual([
      expect.objectContaining({ functionArn: arnOf('old'), errorMessage: 'not yet' }),
    ])
    expect(seat.invocations).toHaveLength(tries)
  })

  it('of a function that reserves none at all is not tried', async () => {
    await reserve('slow', 0)

    await invoke('slow', 'Event')
    await until(() => seat.standIn.deadLetters().length > 0, 'the dead letter')

    expect(seat.invocations).toEqual([])
  })
})

describe('an execution whose invocation is throttled', () => {
  it('waits for room, and goes on from its last checkpoint', async () => {
    const ran: string[] = []
    seat.bodies.set('flow', async (_event, context) => {
      await context.step('one', async () => void ran.push('one'))
      await context.wait('an hour', { hours: 1 })
      await context.step('two', async () => void ran.push('two'))
    })
    const arn = await seat.start('flow')
    await seat.asleep('flow')

    await reserve('flow', 0)
    seat.world.clock.advance(HOUR)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(ran).toEqual(['one'])
    await seat.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: 'flow' }))

    expect((await seat.endOf(arn)).Status).toBe('SUCCEEDED')
    expect(ran).toEqual(['one', 'two'])
  })
})

describe('a chained invocation that is throttled', () => {
  const chain = (target: string) =>
    seat.bodies.set('flow', async (_event, context) => {
      try {
        return await context.invoke<object, unknown>('chained', target, {})
      } catch (error) {
        return (error as Error).message
      }
    })

  beforeEach(() => {
    seat.plain.set('plain', async () => 'answer')
    seat.bodies.set('child', async () => 'answer')
  })

  it.each(['plain', 'child:live'])('of %s is tried again by Lambda', async (target) => {
    const [name = ''] = target.split(':')
    chain(target)
    await reserve(name, 0)
    const arn = await seat.start('flow')
    await until(() => seat.standIn.durableExecutions()[0]?.operations()[1]?.status === 'STARTED', 'the operation')

    await reserve(name, 1)

    expect((await seat.endOf(arn)).Result).toBe('"answer"')
  })

  it.each(['plain', 'child:live'])('of %s fails where the setting says so', async (target) => {
    const [name = ''] = target.split(':')
    seat.standIn.configure({ chainedThrottle: 'fail' })
    chain(target)
    await reserve(name, 0)

    expect((await seat.endOf(await seat.start('flow'))).Result).toContain('Rate Exceeded')
    expect(seat.invocations).not.toContain(name)
  })
})

describe('what is reserved', () => {
  it('is shown, is taken from the account, and is given back', async () => {
    await reserve('slow', 40)
    const ofAccount = async () => {
      const { AccountLimit } = await seat.lambda.send(new GetAccountSettingsCommand({}))
      return AccountLimit?.UnreservedConcurrentExecutions
    }
    const ofFunction = async () => {
      const reply = await seat.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: 'slow' }))
      return reply.ReservedConcurrentExecutions
    }

    expect([await ofAccount(), await ofFunction()]).toEqual([960, 40])
    await seat.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: 'slow' }))
    expect([await ofAccount(), await ofFunction()]).toEqual([1000, undefined])
  })

  it('leaves a hundred to the others', async () => {
    await expect(reserve('slow', 901)).rejects.toMatchObject({ name: 'InvalidParameterValueException' })
    await expect(reserve('slow', 900)).resolves.toBeDefined()
  })
})
