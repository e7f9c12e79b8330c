// The runner against real child processes: warm reuse, concurrency, every way an invoke can end, and what a child knows.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { InvokeResult } from '../../../lambda/local/runner/execution-environment.ts'
import { type Lambda, type LambdaInput, startLambda } from '../../../lambda/local/runner/lambda-runner.ts'

const pathOf = (name: string): string => fileURLToPath(new URL(`./handlers/${name}.ts`, import.meta.url))

const lambdas: Lambda[] = []

afterEach(async () => {
  await Promise.all(lambdas.splice(0).map((lambda) => lambda.close()))
})

const start = (more: Partial<LambdaInput> = {}): Lambda & { readonly lines: string[] } => {
  const lines: string[] = []
  const lambda = startLambda({
    modulePath: pathOf('sample'),
    env: {},
    timeoutMs: 20_000,
    onLog: (line) => lines.push(line),
    ...more,
  })
  lambdas.push(lambda)
  return { ...lambda, lines }
}

interface Sample {
  readonly pid: number
  readonly calls: number
  readonly event?: unknown
}

const sampleOf = (result: InvokeResult): Sample => {
  if (!result.ok) throw new Error(`${result.errorType}: ${result.errorMessage}`)
  return result.value as Sample
}

const isAlive = (pid: number): boolean => {
  try {
    // A zombie still has a pid; it is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('an execution environment', () => {
  it('takes as much longer to start as is set, and nothing once it is warm', async () => {
    let asked = 0
    const coldStartMs = (): number => {
      asked += 1
      return 60
    }
    const startedAt = performance.now()
    const lambda = start({ coldStartMs })

    await lambda.invoke({})
    await lambda.invoke({})

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(60)
    expect(asked).toBe(1)
  })

  it('gets the event, gives back the value, and is reused warm', async () => {
    const lambda = start()

    const first = sampleOf(await lambda.invoke({ a: [1, 'two'] }))
    const second = sampleOf(await lambda.invoke({}))

    expect(first.event).toEqual({ a: [1, 'two'] })
    expect(second).toMatchObject({ pid: first.pid, calls: 2 })
    expect(first.pid).not.toBe(process.pid)
    expect(lambda.environments()).toBe(1)
  })

  it('runs one event at a time: concurrent invokes start further ones', async () => {
    const lambda = start()

    const pending = [1, 2, 3].map(() => lambda.invoke({ do: 'sleep', ms: 300 }))
    await Promise.resolve()
    const running = lambda.running()
    const values = (await Promise.all(pending)).map(sampleOf)

    expect(running).toBe(3)
    expect(new Set(values.map(({ pid }) => pid)).size).toBe(3)
    expect(values.map(({ calls }) => calls)).toEqual([1, 1, 1])
    expect(lambda.running()).toBe(0)
  })

  it('is shared in turn when there may be no more of them', async () => {
    const lambda = start({ maxEnvironments: 1 })

    const values = (await Promise.all([{}, {}, {}].map((event) => lambda.invoke(event)))).map(sampleOf)

    expect(new Set(values.map(({ pid }) => pid)).size).toBe(1)
    expect(values.map(({ calls }) => calls)).toEqual([1, 2, 3])
  })

  it("knows its context as Lambda's handlers do", async () => {
    const lambda = start({ memory: 256, functionName: 'rotation' })

    const result = await lambda.invoke({ do: 'context' })

    expect(result).toMatchObject({
      ok: true,
      value: {
        awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        functionName: 'rotation',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:rotation',
        memoryLimitInMB: '256',
        remainingMs: expect.toSatisfy((ms: number) => ms > 5000 && ms <= 20_000),
      },
    })
  })

  it('knows the version and the ARN that it was invoked by', async () => {
    const lambda = start({ functionName: 'campaign' })
    const invokedArn = 'arn:aws:lambda:us-east-1:000000000000:function:campaign:2'

    const result = await lambda.invoke({ do: 'context' }, { invokedArn, version: '2' })

    expect(result).toMatchObject({ value: { functionVersion: '2', invokedFunctionArn: invokedArn } })
  })

  it('runs the export it is told to', async () => {
    const lambda = start({ exportName: 'another' })

    expect(await lambda.invoke({})).toEqual({ ok: true, value: 'another' })
  })

  it('hands on every line of stdout and stderr', async () => {
    const lambda = start()

    const result = await lambda.invoke({ do: 'log' })
    await lambda.close()

    expect(result).toEqual({ ok: true, value: undefined })
    expect(lambda.lines.toSorted()).toEqual(['first line', 'second line', 'to stderr'])
  })

  it('has the given environment and no trace of the parent but PATH, and tells no secret in its title', async () => {
    vi.stubEnv('PARENTS_OWN', 'leak')
    const lambda = start({ env: { GIVEN: 'yes', TOKEN: 'MARKED' }, functionName: 'rotation' })

    const result = await lambda.invoke({ do: 'env' })
    vi.unstubAllEnvs()

    const { env, title, argv } = (result as { value: { env: object; title: string; argv: string[] } }).value
    expect(env).toEqual({ GIVEN: 'yes', TOKEN: 'MARKED', PATH: process.env.PATH })
    expect(title).toBe('lambda rotation')
    expect(argv.join(' ')).not.toContain('MARKED')
  })
})

describe('an invoke fails', () => {
  it('with the name and message of what the handler threw, and the environment stays', async () => {
    const lambda = start()

    const thrown = await lambda.invoke({ do: 'throw' })
    const text = await lambda.invoke({ do: 'throw a string' })
    const after = sampleOf(await lambda.invoke({}))

    expect(thrown).toEqual({ ok: false, errorType: 'RotationRefused', errorMessage: 'the message' })
    expect(text).toEqual({ ok: false, errorType: 'string', errorMessage: 'just text' })
    expect(after.calls).toBe(3)
  })

  it('with Runtime.MarshalError for a value that is no JSON', async () => {
    const lambda = start()

    expect(await lambda.invoke({ do: 'cycle' })).toMatchObject({ ok: false, errorType: 'Runtime.MarshalError' })
  })

  it('with Sandbox.Timedout at the timeout: the process is killed, the next event gets a new one', async () => {
    const lambda = start({ timeoutMs: 2000 })
    const before = sampleOf(await lambda.invoke({}))

    const result = await lambda.invoke({ do: 'sleep', ms: 60_000 })
    const after = sampleOf(await lambda.invoke({}))

    expect(result).toMatchObject({ ok: false, errorType: 'Sandbox.Timedout' })
    expect((result as { errorMessage: string }).errorMessage).toMatch(/ Task timed out after 2\.00 seconds$/)
    expect(after.pid).not.toBe(before.pid)
    expect(isAlive(before.pid)).toBe(false)
  })

  it('with Runtime.ExitError when the process is killed, however many run', async () => {
    const lambda = start()
    await Promise.all([lambda.invoke({ do: 'sleep', ms: 100 }), lambda.invoke({ do: 'sleep', ms: 100 })])
    const pending = [lambda.invoke({ do: 'sleep', ms: 60_000 }), lambda.invoke({ do: 'sleep', ms: 60_000 })]
    await sleep(50)

    lambda.kill()
    const results = await Promise.all(pending)

    for (const result of results) {
      expect(result).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' })
      expect((result as { errorMessage: string }).errorMessage).toContain('signal: killed')
    }
    expect(sampleOf(await lambda.invoke({})).calls).toBe(1)
  })

  it('with Runtime.ExitError when its caller gives it up; others go on', async () => {
    const lambda = start()
    const [one] = await Promise.all([lambda.invoke({ do: 'sleep', ms: 100 }), lambda.invoke({ do: 'sleep', ms: 100 })])
    const abort = new AbortController()
    const given = lambda.invoke({ do: 'sleep', ms: 60_000 }, { signal: abort.signal })
    const other = lambda.invoke({ do: 'sleep', ms: 200 })

    abort.abort()

    expect(one).toMatchObject({ ok: true })
    expect(await given).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' })
    expect(await other).toMatchObject({ ok: true })
  })

  it('with Runtime.ExitError when the handler exits', async () => {
    const lambda = start()

    const result = await lambda.invoke({ do: 'exit' })

    expect(result).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' })
    expect((result as { errorMessage: string }).errorMessage).toContain('exit status 3')
  })

  it('with Runtime.ImportModuleError, each time anew, when the module cannot be loaded', async () => {
    const lambda = start({ modulePath: pathOf('broken') })

    const expected = {
      ok: false,
      errorType: 'Runtime.ImportModuleError',
      errorMessage: 'TypeError: SECRET_ARN is missing',
    }
    expect(await lambda.invoke({})).toEqual(expected)
    expect(await lambda.invoke({})).toEqual(expected)
  })

  it('with Runtime.HandlerNotFound when there is no such export', async () => {
    const lambda = start({ exportName: 'nothing' })

    expect(await lambda.invoke({})).toMatchObject({ ok: false, errorType: 'Runtime.HandlerNotFound' })
  })
})

describe('no process is left', () => {
  it('after close, which ends what runs, and later invokes fail', async () => {
    const lambda = start()
    const { pid } = sampleOf(await lambda.invoke({}))
    const pending = lambda.invoke({ do: 'sleep', ms: 60_000 })
    await sleep(20)

    await lambda.close()

    expect(await pending).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' })
    expect(isAlive(pid)).toBe(false)
    expect(lambda.environments()).toBe(0)
    expect(await lambda.invoke({})).toMatchObject({ ok: false, errorType: 'Runtime.Closed' })
  })

  it('after the parent was killed by SIGKILL in the middle of an invoke', async () => {
    const parent = spawn(process.execPath, [pathOf('parent')], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [output] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(output.toString())
    const wasAlive = isAlive(pid)

    parent.kill('SIGKILL')
    await once(parent, 'exit')

    expect(wasAlive).toBe(true)
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 45_000, interval: 20 })
  })
})

describe('a retirement', () => {
  it('runs what waits its turn, takes nothing more, and is over when the last process is gone', async () => {
    const lambda = start({ maxEnvironments: 1 })
    const accepted = [1, 2, 3].map((event) => lambda.invoke(event))

    const retired = lambda.retire()
    const later = await lambda.invoke(4)
    const results = await Promise.all(accepted)
    await retired

    expect(results.map((result) => sampleOf(result).event)).toEqual([1, 2, 3])
    expect(new Set(results.map((result) => sampleOf(result).pid)).size).toBe(1)
    expect(later).toMatchObject({ ok: false, errorType: 'Runtime.Closed' })
    expect(lambda.environments()).toBe(0)
  })

  it('of what is idle ends it at once', async () => {
    const lambda = start()
    const { pid } = sampleOf(await lambda.invoke('x'))

    await lambda.retire()

    expect(isAlive(pid)).toBe(false)
  })
})
