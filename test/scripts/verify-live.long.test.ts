// The checks for the real services, rehearsed against the stand-ins: all run, a stand-in that answers otherwise is noticed, nothing
// is left behind at either side, nothing secret is printed, and what is not confirmed is refused.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ListFunctionsCommand } from '@aws-sdk/client-lambda'
import {
  CreateSecretCommand,
  type DescribeSecretCommandOutput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { elementsOf } from '../../bin/before-deploy/signed-protocols.ts'
import type { LiveFinding } from '../../scripts/verify-live/finding.ts'
import { LIVE_MARK, renderPage } from '../../scripts/verify-live/page.ts'
import { createPageFile, unfinishedPath } from '../../scripts/verify-live/page-file.ts'
import { type LivePlace, openPlace } from '../../scripts/verify-live/place.ts'
import {
  PLAN_TAG,
  readLaterDrives,
  readProbeRecords,
  recordFor,
  writeRecord,
} from '../../scripts/verify-live/probe-journal.ts'
import { callIam } from '../../scripts/verify-live/query-call.ts'
import { type Rehearsal, startRehearsal } from '../../scripts/verify-live/rehearsal.ts'
import { createWorkshop } from '../../scripts/verify-live/run.ts'
import { beginJournal, type RunJournal, resumeJournal } from '../../scripts/verify-live/run-journal.ts'
import { readLiveSettings, readOptions } from '../../scripts/verify-live/settings.ts'
import { newRunId, type Verified, type VerifyInput, verify } from '../../scripts/verify-live/verify.ts'
import { childEnv } from '../child-env.ts'
import { PUBLISHING } from '../e2e/publishing.ts'

const directory = mkdtempSync(join(tmpdir(), 'm2m-verify-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

let rehearsal: Rehearsal
let place: LivePlace
const printed: string[] = []
const issued = new Set<string>()
/** Names of the secrets that the laptop starts with, and stores again at each reset. */
let atStart: readonly string[]

beforeAll(async () => {
  rehearsal = await startRehearsal((line) => printed.push(line))
  place = openPlace(rehearsal.settings, rehearsal.credentials)
  atStart = secretNames()
}, 60_000)
afterAll(async () => {
  place.close()
  await rehearsal.close()
})
afterEach(() => rehearsal.laptop.world.reset())

const run = (signal = new AbortController().signal, more: Partial<VerifyInput> = {}): Promise<Verified> => {
  const { accountId, pace } = rehearsal
  return verify({ place, accountId, pace, signal, say: (line) => printed.push(line), ...more })
}

const secretNames = (): readonly string[] => rehearsal.laptop.aws.peekAll().map(({ name }) => name)

const leftAtStytch = (): readonly string[] => rehearsal.laptop.stytch.clientIds()

/** Beside what the laptop started with, all of which has to be there still. */
const leftAtAws = async (): Promise<readonly unknown[]> => {
  const { SecretsManagerClient, ListSecretsCommand } = await import('@aws-sdk/client-secrets-manager')
  const { aws, region } = rehearsal.laptop.address
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  const client = new SecretsManagerClient({ endpoint: aws, region, credentials })
  const { SecretList: secrets = [] } = await client.send(new ListSecretsCommand({ IncludePlannedDeletion: true }))
  client.destroy()
  const untouched = secrets.filter(({ DeletedDate }) => DeletedDate === undefined).map(({ Name }) => Name)
  expect(untouched).toEqual(expect.arrayContaining([...atStart]))
  return secrets.filter(({ Name = '' }) => !atStart.includes(Name))
}

const pageOf = ({ runId, findings }: Verified): string =>
  renderPage({ against: 'the stand-ins', runId, at: Date.UTC(2026, 0, 2), findings })

const outcomes = (findings: readonly LiveFinding[], verdict: LiveFinding['verdict']): readonly string[] =>
  findings.filter((finding) => finding.verdict === verdict).map(({ check }) => check)

describe('against the stand-ins as they are', () => {
  let verified: Verified
  let stytchLeft: readonly string[]
  let awsLeft: readonly unknown[]

  beforeAll(async () => {
    printed.length = 0
    const { aws, stytch } = rehearsal.laptop
    // Every value that exists at either side, seen from inside.
    const forget = aws.tap(({ subject }) => {
      for (const { value } of (subject === null ? undefined : aws.peek(subject))?.versions ?? []) {
        if (value !== undefined) issued.add(value)
      }
    })
    issued.add(stytch.projectSecret)
    verified = await run()
    forget()
    stytchLeft = leftAtStytch()
    awsLeft = await leftAtAws()
  }, 150_000)

  test('every check runs, and agrees', () => {
    expect(outcomes(verified.findings, 'differs')).toEqual([])
    expect(outcomes(verified.findings, 'not seen')).toEqual([
      'Retry-After on 429',
      'CloudTrail: RotationAbandoned',
      'CloudTrail: TestRotationFailed',
    ])
    expect(verified.findings.length).toBeGreaterThanOrEqual(50)
  })

  test('nothing is left behind at Stytch or in Secrets Manager', () => {
    expect(verified.left).toEqual([])
    expect(stytchLeft).toEqual([])
    expect(awsLeft).toEqual([])
  })

  test('no value is in the output or on the page', () => {
    const text = [...printed, pageOf(verified)].join('\n')

    expect(issued.size).toBeGreaterThan(5)
    for (const value of issued) expect(text).not.toContain(value)
    // A Stytch secret is 44 characters of base64url, a token three runs of them.
    expect(text).not.toMatch(/[A-Za-z0-9_-]{44}/)
    expect(text).not.toContain('eyJ')
  })

  test('the page says that it is a rehearsal, and has a row a check', () => {
    const page = pageOf(verified)

    expect(page).toContain('Run against the stand-ins only.')
    expect(page).not.toContain(LIVE_MARK)
    expect(page.match(/^\| .* \| (agrees|\*\*differs: .*|not seen: .*) \|$/gm)).toHaveLength(verified.findings.length)
  })
})

test('a service that answers otherwise is noticed, with the setting to change', async () => {
  const { stytch, aws } = rehearsal.laptop
  stytch.configure({
    createStatus: 201,
    alreadyRotatingStatus: 409,
    refusedCredentialStatus: 400,
    inactiveClientMayRotate: false,
    propagationDelayMs: 700,
  })
  aws.configure({
    usedToken: 'ignore',
    dryRunValue: 'current',
    pendingCleanup: 'never',
    redriveCount: 1,
    redriveUnlabelled: true,
    sendRotationToken: false,
    executionNames: 'function',
    chainedThrottle: 'fail',
  })
  const { findings, left } = await run()

  const advice = new Set(findings.flatMap((finding) => finding.advice?.replace(/\d{3,} *$/, 'N') ?? []))
  expect([...advice].sort()).toEqual([
    'set alreadyRotatingStatus to N',
    'set chainedThrottle to fail',
    'set createStatus to N',
    'set dryRunValue to current',
    'set executionNames to function',
    'set inactiveClientMayRotate to false',
    'set pendingCleanup to never',
    'set propagationDelayMs to N',
    expect.stringMatching(/^set redriveCount to 1 /),
    'set redriveUnlabelled to true',
    'set refusedCredentialStatus to N',
    'set sendRotationToken to false',
    'set usedToken to ignore',
  ])
  expect(left).toEqual([])
  expect(leftAtStytch()).toEqual([])
  expect(await leftAtAws()).toEqual([])
}, 150_000)

describe('how far replies are behind', () => {
  const lags = ['how old labels are', 'how late Stytch is']
  const measure = async (only: readonly string[] = lags, more: Partial<VerifyInput> = {}) => {
    const { findings } = await run(undefined, { only, ...more })
    return (check: string): LiveFinding => {
      const found = findings.find((finding) => finding.check.startsWith(check))
      if (found === undefined) throw new Error(`${check} is not among ${findings.map((one) => one.check).join('; ')}`)
      return found
    }
  }

  test('no lag is found where there is none, and the defaults hold', async () => {
    const of = await measure()

    for (const check of [
      'labels in DescribeSecret',
      'GetSecretValue by label',
      'a new value on fresh connections',
      'the end of a value',
      'GET after start',
    ]) {
      expect(of(check)).toMatchObject({ seen: 'never behind', verdict: 'agrees' })
    }
    expect(of('a reply with the new AWSPENDING')).toMatchObject({ seen: 'never', verdict: 'agrees' })
    expect(of('how long to distrust labels')).toMatchObject({ seen: '10000', verdict: 'agrees' })
    expect(of('how long to distrust a look')).toMatchObject({ seen: '3000', verdict: 'agrees' })
    expect(of('how long a revoke waits')).toMatchObject({ seen: '120000', verdict: 'agrees' })
    expect(of('the names under which')).toMatchObject({ seen: 'invalid_client', verdict: 'agrees' })
  }, 60_000)

  test('a lag is found, and what a deployment would have to be set to', async () => {
    const { stytch, aws } = rehearsal.laptop
    aws.configure({ staleReadShare: 0.95, staleReadMs: 6500 })
    stytch.configure({
      nextSecretDelayMs: 700,
      staleGetMs: 3200,
      nodeLagMs: [0, 900],
      refusedError: 'invalid_client_secret',
    })
    const pace = { ...rehearsal.pace, shortWaitMs: 20_000 }
    const of = await measure(lags, { pace })

    expect(of('labels in DescribeSecret').seen).toMatch(/^behind for up to [1-6]\d{3} ms$/)
    expect(of('labels in DescribeSecret').advice).toMatch(/^set staleReadMs to \d+, staleReadShare to 0\.\d+$/)
    expect(of('GetSecretValue by label').seen).toMatch(/^behind for up to [1-6]\d{3} ms$/)
    // Old as they are, they are as old as a whole: no reply is older in one label than in another.
    expect(of('a reply with the new AWSPENDING')).toMatchObject({ seen: 'never', verdict: 'agrees' })
    expect(of('how long to distrust labels').advice).toMatch(/^set staleness\.boundMs to 1[1-3]000$/)
    expect(of('a new value on fresh connections').advice).toMatch(/^set nextSecretDelayMs to \d{3,4}$/)
    expect(of('the end of a value').advice).toMatch(/^set propagationDelayMs to \d{2,4}$/)
    expect(of('GET after start').advice).toMatch(/^set staleGetMs to \d{3,4}$/)
    expect(of('how long to distrust a look').advice).toMatch(/^set propagation\.readLagMs to [4-7]000$/)
    expect(of('the names under which').advice).toBe('set refusedError to invalid_client_secret')
  }, 120_000)

  test('a reply that shows the new AWSPENDING beside the AWSCURRENT from before it refutes rule 1', async () => {
    const { aws, region } = rehearsal.laptop.address
    let lies = 0
    // A service that reads its labels one by one, each from another copy.
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
    const lying = new SecretsManagerClient({ endpoint: aws, region, credentials })
    lying.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const result = await next(args)
          const { VersionIdsToStages: labels } = result.output as DescribeSecretCommandOutput
          const under = (label: string) => Object.keys(labels ?? {}).find((id) => labels?.[id]?.includes(label))
          const [current, previous] = [under('AWSCURRENT'), under('AWSPREVIOUS')]
          const isLie = commandName === 'DescribeSecretCommand' && lies < 2
          if (!isLie || labels === undefined || current === undefined || previous === undefined) return result
          lies += 1
          const swapped = { ...labels, [current]: ['AWSPREVIOUS'], [previous]: ['AWSCURRENT'] }
          return { ...result, output: { ...result.output, VersionIdsToStages: swapped } }
        },
      { step: 'initialize' },
    )
    const of = await measure(['how old labels are'], { place: { ...place, secrets: lying } })

    lying.destroy()
    expect(lies).toBe(2)
    expect(of('a reply with the new AWSPENDING')).toMatchObject({
      seen: '2 times: rule 1 is REFUTED',
      verdict: 'differs',
    })
    expect(printed.join('\n')).toContain('rule 1 is REFUTED')
  }, 60_000)

  test('a private label is tried', async () => {
    const of = await measure(['a private label'])

    expect(of('PutSecretValue with the label m2m:stored alone')).toMatchObject({ seen: 'done', verdict: 'agrees' })
    expect(of('AWSPENDING and AWSCURRENT after it')).toMatchObject({ seen: 'where they were', verdict: 'agrees' })
  }, 60_000)
})

test('a service that never re-drives is not taken for one that does not exist', async () => {
  rehearsal.laptop.aws.configure({ redriveCount: 0 })
  const { findings } = await run()

  expect(outcomes(findings, 'not seen')).toEqual(
    expect.arrayContaining([
      'how often a failed rotation is driven again',
      'the request token of a re-drive',
      'a rotation whose AWSPENDING was removed is driven again',
    ]),
  )
}, 150_000)

test.each(['CreateClient', 'RotateStart', 'RotateSecret'])(
  'an interruption during %s leaves nothing behind',
  async (operation) => {
    const interrupt = new AbortController()
    const { stytch, aws } = rehearsal.laptop
    const forget = [stytch.server, aws].map((server) =>
      server.tap(({ op, phase }) => {
        if (op === operation && phase === 'after') interrupt.abort()
      }),
    )
    const { isInterrupted, left } = await run(interrupt.signal)
    for (const undo of forget) undo()

    expect(isInterrupted).toBe(true)
    expect(left).toEqual([])
    expect(leftAtStytch()).toEqual([])
    expect(await leftAtAws()).toEqual([])
  },
  100_000,
)

test('a lost reply to a creation leaves nothing behind', async () => {
  const { stytch, aws } = rehearsal.laptop
  stytch.server.faults.add({ op: 'CreateClient', kind: 'drop_reply', count: 20 })
  aws.faults.add({ op: 'CreateSecret', kind: 'drop_reply', count: 20 })
  const { left, findings } = await run()

  expect(outcomes(findings, 'not seen').filter((check) => check.startsWith('the rest of'))).toHaveLength(12)
  expect(left).toEqual([])
  expect(leftAtStytch()).toEqual([])
  expect(await leftAtAws()).toEqual([])
}, 100_000)

test('credentials that end in the long wait end the run and not its work: it goes on under others', async () => {
  const journals = mkdtempSync(join(directory, 'expired-'))
  const about = { accountId: rehearsal.accountId, region: place.region, projectId: rehearsal.settings.projectId }
  const journal = beginJournal(journals, { runId: newRunId(), ...about }, Date.UTC(2026, 0, 2))
  let waits = 0
  const watched: RunJournal = {
    ...journal,
    waits: (waiting) => {
      waits += 1
      journal.waits(waiting)
    },
  }
  const ended = openPlace(rehearsal.settings, rehearsal.credentials)
  ended.secrets.middlewareStack.add(
    (next) => (args) => {
      // Both wait by now.
      if (waits < 2) return next(args)
      throw Object.assign(new Error('The security token included in the request is expired'), {
        name: 'ExpiredTokenException',
      })
    },
    { step: 'initialize' },
  )
  const only = ['after a failure']
  const first = await run(undefined, { place: ended, journal: watched, only })
  ended.close()

  expect(first).toMatchObject({ isSuspended: true, left: [] })
  expect(await leftAtAws()).toHaveLength(2)

  const second = await run(undefined, { journal: resumeJournal(journals, about), only })
  expect([second.runId, second.isSuspended, second.left]).toEqual([first.runId, false, []])
  expect(outcomes(second.findings, 'differs')).toEqual([])
  expect(outcomes(second.findings, 'not seen')).toEqual([])
  expect(second.findings).toHaveLength(7)
  expect(await leftAtAws()).toEqual([])
  expect(() => resumeJournal(journals, about)).toThrow('There is no run')
  expect(() => resumeJournal(journals, { ...about, accountId: '999999999999' })).toThrow('There is no run')
}, 100_000)

describe('the page', () => {
  const finding = { service: 'AWS', check: 'one', expected: 'a', seen: 'a', verdict: 'agrees' } as const
  const fileAt = (path: string) =>
    createPageFile({ path, against: 'the real services', runId: 'new', now: () => 0, quieten: (text) => text })

  test('about a whole run against the services is replaced by no unfinished one', () => {
    const path = join(directory, 'whole.md')
    fileAt(path).write([finding], true)
    const before = readFileSync(path, 'utf8')
    const next = fileAt(path)

    expect(next.write([finding, finding], false)).toBe(unfinishedPath(path))
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(next.write([finding, finding], true)).toBe(path)
    expect(readFileSync(path, 'utf8')).not.toBe(before)
    expect(existsSync(unfinishedPath(path))).toBe(false)
  })

  test('is replaced by no run to which AWS answered nothing', () => {
    const path = join(directory, 'nothing.md')
    const broken = { ...finding, verdict: 'not seen', brokeOff: 'AccessDeniedException' } as const

    expect(fileAt(path).write([{ ...finding, service: 'Stytch' }, broken], true)).toBe(unfinishedPath(path))
    expect(existsSync(path)).toBe(false)
  })
})

describe('what a run makes', () => {
  const place = () => {
    const interrupt = new AbortController()
    const there = new Set<string>()
    const workshop = createWorkshop(interrupt.signal)
    const leftover = (what: string) => ({
      what,
      remove: async () => {
        there.delete(what)
      },
    })
    return { interrupt, there, workshop, leftover }
  }

  test('is removed only once it is there', async () => {
    const { there, workshop, leftover } = place()
    const arrived = Promise.withResolvers<void>()
    const making = workshop.make(leftover('late'), async () => {
      await arrived.promise
      there.add('late')
    })
    const clearing = workshop.clear()
    await new Promise((resolve) => setImmediate(resolve))
    arrived.resolve()
    await making

    expect(await clearing).toEqual([])
    expect([...there]).toEqual([])
  })

  test('is removed although nobody heard that it is there', async () => {
    const { there, workshop, leftover } = place()
    const making = workshop.make(leftover('lost'), async () => {
      there.add('lost')
      throw new Error('no reply')
    })

    await expect(making).rejects.toThrow('no reply')
    expect(await workshop.clear()).toEqual([])
    expect([...there]).toEqual([])
  })

  test('is nothing more, once the run is over or interrupted', async () => {
    const { interrupt, there, workshop, leftover } = place()
    const late = async () => {
      there.add('too late')
    }
    await workshop.clear()
    await expect(workshop.make(leftover('too late'), late)).rejects.toThrow('the run is over')
    interrupt.abort()
    await expect(workshop.make(leftover('too late'), late)).rejects.toThrow()

    expect([...there]).toEqual([])
  })
})

test('what cannot be removed is named', async () => {
  rehearsal.laptop.aws.faults.add({ op: 'DeleteSecret', kind: 'error', status: 400, count: 20 })
  const interrupt = new AbortController()
  const forget = rehearsal.laptop.aws.tap(({ op }) => {
    if (op === 'RotateSecret') interrupt.abort()
  })
  const { left } = await run(interrupt.signal)
  forget()

  expect(left.length).toBeGreaterThan(0)
  expect(left.join()).toMatch(/secret m2m-verify\/[0-9a-f]{12}\/\w+/)
}, 100_000)

describe('the settings', () => {
  const good = {
    STYTCH_PROJECT_ID: 'project-test-00000000-0000-4000-8000-000000000000',
    STYTCH_SECRET: 'secret-test-canary',
    AWS_REGION: 'eu-west-1',
  }

  test('are read when they are complete, and the addresses are the services’ own', () => {
    expect(readLiveSettings(good)).toEqual({
      projectId: good.STYTCH_PROJECT_ID,
      projectSecret: good.STYTCH_SECRET,
      region: 'eu-west-1',
    })
    const own = openPlace(readLiveSettings(good), rehearsal.credentials)
    expect([own.isReal, place.isReal]).toEqual([true, false])
    own.close()
  })

  test('may name another Region, for replicas, and other addresses', () => {
    expect(readLiveSettings({ ...good, VERIFY_LIVE_REPLICA_REGION: 'eu-north-1' }).replicaRegion).toBe('eu-north-1')
    expect(
      readLiveSettings(good, {
        region: 'us-east-1',
        awsEndpoint: 'http://127.0.0.1:1',
        stytchUrl: 'http://127.0.0.1:2',
      }),
    ).toMatchObject({ region: 'us-east-1', awsEndpoint: 'http://127.0.0.1:1', stytchUrl: 'http://127.0.0.1:2' })
    expect(readLiveSettings({ ...good, AWS_ENDPOINT_URL: 'http://127.0.0.1:3' }).awsEndpoint).toBe('http://127.0.0.1:3')
  })

  test.each([
    ['STYTCH_PROJECT_ID', 'project-live-00000000-0000-4000-8000-000000000000', /a live project is refused/],
    ['STYTCH_PROJECT_ID', '', /expected a test project/],
    ['STYTCH_SECRET', 'secret-live-canary', /a live project's secret is refused/],
    ['STYTCH_SECRET', '', /STYTCH_SECRET: expected/],
    ['AWS_REGION', 'North', /--region: expected the Region/],
    ['VERIFY_LIVE_REPLICA_REGION', 'eu-west-1', /VERIFY_LIVE_REPLICA_REGION: expected another/],
    ['VERIFY_LIVE_REPLICA_REGION', 'North', /VERIFY_LIVE_REPLICA_REGION: expected another/],
    ['VERIFY_LIVE_SCIM_CONNECTION', 'one', /VERIFY_LIVE_SCIM_CONNECTION: expected/],
    ['AWS_ENDPOINT_URL', 'nowhere', /--aws-endpoint: expected a URL/],
  ])('are refused with %s=%s', (name, value, expected) => {
    expect(() => readLiveSettings({ ...good, [name]: value })).toThrow(expected)
  })

  test('that are all missing are all named, and no value is repeated', () => {
    const missing = { STYTCH_SECRET: 'secret-live-canary' }
    expect(() => readLiveSettings(missing)).toThrow(/STYTCH_PROJECT_ID[\s\S]*STYTCH_SECRET[\s\S]*--region/)
    expect(() => readLiveSettings(missing)).not.toThrow(/canary/)
  })

  test.each(['0', '73', 'day'])('refuse a wait of %s hours', (hours) => {
    expect(() => readOptions(['--redrive-wait-hours', hours])).toThrow(/up to 72/)
  })
})

const main = join(import.meta.dirname, '../../scripts/verify-live/main.ts')
// Nothing of this process's environment: it must not reach a real account by accident.
const env = childEnv()

test('it does not start without settings', () => {
  const { status, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8', env })

  expect(status).toBe(2)
  expect(stderr).toMatch(/STYTCH_PROJECT_ID: expected[\s\S]*usage:/)
})

test('a rehearsal does not replace a page about the real services', () => {
  const page = join(directory, 'verified.md')
  writeFileSync(page, `**${LIVE_MARK}**`)
  const { status, stderr } = spawnSync(process.execPath, [main, '--against-laptop', '--page', page], {
    encoding: 'utf8',
    env,
  })

  expect(status).toBe(2)
  expect(stderr).toContain('is not replaced by a rehearsal')
  expect(readFileSync(page, 'utf8')).toBe(`**${LIVE_MARK}**`)
})

describe('as a process, on the way to the services', () => {
  const page = join(directory, 'live.md')
  const journals = join(directory, 'journals')
  const calls = () => [rehearsal.laptop.aws.calls(), rehearsal.laptop.stytch.server.calls()]
  /** How many there were of each when the test began: the laptop's own start calls, too. */
  let before: readonly number[] = []
  beforeEach(() => {
    for (const path of [page, unfinishedPath(page), journals]) rmSync(path, { recursive: true, force: true })
    before = calls().map(({ length }) => length)
  })

  interface Ended {
    readonly code: number | null
    readonly output: string
  }
  /** @param onOutput called with everything so far */
  const start = (
    args: readonly string[],
    onOutput: (output: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
    more: Readonly<Record<string, string>> = {},
  ): Promise<Ended> => {
    const { settings } = rehearsal
    const child = spawn(process.execPath, [main, '--page', page, '--journals', journals, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...env,
        STYTCH_PROJECT_ID: settings.projectId,
        STYTCH_SECRET: settings.projectSecret,
        AWS_REGION: settings.region,
        AWS_ENDPOINT_URL: settings.awsEndpoint ?? 'http://127.0.0.1:1',
        STYTCH_BASE_URL: settings.stytchUrl ?? 'http://127.0.0.1:1',
        AWS_ACCESS_KEY_ID: 'laptop',
        AWS_SECRET_ACCESS_KEY: 'laptop',
        ...more,
      },
    })
    let output = ''
    let isKilled = false
    // Once: whatever comes while it ends would end it otherwise.
    const kill = (signal: NodeJS.Signals): void => {
      if (!isKilled) isKilled = child.kill(signal)
    }
    child.stderr.on('data', (text) => {
      output += String(text)
      onOutput(output, kill)
    })
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
  }
  const agreed = (): readonly string[] => ['--yes-account', rehearsal.accountId]
  const nothingIsLeft = async (): Promise<void> => {
    expect(leftAtStytch()).toEqual([])
    expect(await leftAtAws()).toEqual([])
    const { Functions = [] } = await place.lambda.send(new ListFunctionsCommand({}))
    expect(Functions.filter(({ FunctionName = '' }) => FunctionName.startsWith('m2m-verify'))).toEqual([])
    expect(elementsOf(await callIam(place.iam, 'ListRoles', { PathPrefix: '/m2m-verify/' }), 'RoleName')).toEqual([])
  }
  const callsThatChange = () =>
    calls()
      .flatMap((all, side) => all.slice(before[side]))
      .filter(({ op }) => /^(Create|Put|Rotate|Delete|Update)/.test(op) && !PUBLISHING.includes(op))

  test('it names account and Region before anything is made, and asks', async () => {
    const { code, output } = await start([])

    expect(code).toBe(2)
    expect(output).toContain(`AWS account ${rehearsal.accountId}`)
    expect(output).toContain('Region us-east-1')
    expect(output).toContain(`agree with --yes-account ${rehearsal.accountId}`)
    expect(callsThatChange()).toEqual([])
  }, 60_000)

  test('it makes nothing in another account than the one that is agreed to', async () => {
    const { code, output } = await start(['--yes-account', '999999999999'])

    expect(code).toBe(2)
    expect(output).toContain(`belong to account ${rehearsal.accountId}, and --yes-account names 999999999999`)
    expect(callsThatChange()).toEqual([])
  }, 60_000)

  test('against the stand-ins, a whole run exits 0 and says that it was against them', async () => {
    const { code, output } = await start(agreed())

    expect([code, output.split('\n').filter((line) => /differs|broke off/.test(line))]).toEqual([0, []])
    expect(readFileSync(page, 'utf8')).toContain('Run against the stand-ins only.')
    expect(existsSync(unfinishedPath(page))).toBe(false)
    await nothingIsLeft()
  }, 150_000)

  test('a run that AWS answered nothing exits 1, and leaves the page as it was', async () => {
    writeFileSync(page, 'as it was')
    for (const op of ['CreateSecret', 'CreateRole', 'LookupEvents']) {
      rehearsal.laptop.aws.faults.add({ op, kind: 'error', status: 403, count: 50 })
    }
    const { code, output } = await start(agreed())

    expect(code).toBe(1)
    expect(output).toContain('AWS answered no check: the page stays as it was.')
    expect(readFileSync(page, 'utf8')).toBe('as it was')
    expect(readFileSync(unfinishedPath(page), 'utf8')).toContain('groups broke off')
  }, 150_000)

  test('a group that broke off is a failure, although everything else agrees', async () => {
    rehearsal.laptop.aws.faults.add({ op: 'LookupEvents', kind: 'error', status: 403, count: 50 })
    const { code } = await start(agreed())

    expect(code).toBe(1)
    expect(readFileSync(page, 'utf8')).toContain('**1 groups broke off**')
  }, 150_000)

  test('SIGHUP removes what was made, as Ctrl-C does', async () => {
    const { code, output } = await start(agreed(), (text, kill) => {
      if (text.includes('AWS: the steps of a rotation:')) kill('SIGHUP')
    })

    expect([code, output.includes('Nothing is left behind.')]).toEqual([130, true])
    await nothingIsLeft()
  }, 100_000)

  test('a kill leaves what was found on the page; --resume goes on with the wait, and leaves nothing behind', async () => {
    const written = (): string =>
      readdirSync(journals)
        .map((name) => readFileSync(join(journals, name), 'utf8'))
        .join('')
    const isWaiting = (): boolean =>
      written().includes('"done","group":"a rotation to its end"') && written().split('"kind":"waiting"').length === 3
    const killed = await start([...agreed(), '--redrive-wait-hours', '0.005'], (text, kill) => {
      if (!text.includes('AWS: the same, among ListSecretVersionIds')) return
      const looking = setInterval(() => {
        if (!isWaiting()) return
        clearInterval(looking)
        kill('SIGKILL')
      }, 20)
    })
    expect(killed.code).toBe(null)
    const found = readFileSync(page, 'utf8')
    expect(found).toContain('(not finished)')
    expect(found).toContain('| the steps of a rotation |')
    expect(secretNames().length).toBeGreaterThan(atStart.length)

    const { code, output } = await start([...agreed(), '--redrive-wait-hours', '0.005', '--resume'])
    expect([code, output.match(/^Run (\w+)/m)?.[1]]).toEqual([0, killed.output.match(/^Run (\w+)/m)?.[1]])
    // It was through, and is not retried.
    expect(output).not.toContain('AWS: the steps of a rotation:')
    const whole = readFileSync(page, 'utf8')
    expect(whole).not.toContain('(not finished)')
    for (const check of [
      'the steps of a rotation',
      'RotateSecret while another rotation is pending',
      'how far apart',
    ]) {
      expect(whole.split(`| ${check} |`)).toHaveLength(2)
    }
    await nothingIsLeft()
    expect(await start([...agreed(), '--resume'])).toMatchObject({ code: 2 })
  }, 200_000)

  test('--clean removes by prefix whatever a killed run has left, and nothing else', async () => {
    await place.secrets.send(new CreateSecretCommand({ Name: 'm2m-verified/kept', SecretString: 'kept' }))
    const killed = await start(agreed(), (text, kill) => {
      if (text.includes('AWS: among which durable executions')) kill('SIGKILL')
    })
    expect(killed.code).toBe(null)
    const { code, output } = await start(['--clean', ...agreed()])

    expect(code).toBe(0)
    for (const kind of ['secret m2m-verify/', 'function m2m-verify-', 'role m2m-verify-', 'Stytch client ']) {
      expect(output).toContain(`Removed ${kind}`)
    }
    expect([...secretNames()].sort()).toEqual([...atStart, 'm2m-verified/kept'].sort())
    expect((await start(['--clean', ...agreed()])).output).toContain('Nothing was left.')
  }, 150_000)
})

test("a probe's record reads back as it was written", () => {
  const token = 'settle-1700000000000-00000000000000000000000000000000'
  const record = { step: 'createSecret', at: 5, token, hasRotationToken: true, facts: { pending: 'absent:Gone' } }

  expect(readProbeRecords([{ Key: 'team', Value: 'x' }, writeRecord(record)])).toEqual([record])
})

describe('what the probe writes down', () => {
  const step = (drive: number, name: string) => ({
    step: name,
    at: drive,
    token: 'one',
    hasRotationToken: true,
    facts: {},
  })

  test('has room for as many drives as Secrets Manager likes: those without a record are counted', () => {
    const tags = new Map([[PLAN_TAG, 'fail-test']])
    const list = () => [...tags].map(([Key, Value]) => ({ Key, Value }))
    for (let drive = 1; drive <= 100; drive += 1) {
      for (const name of ['createSecret', 'setSecret', 'testSecret']) {
        const record = recordFor(list(), 'fail-test', step(drive, name))
        if (record !== undefined) tags.set(String(record.Key), String(record.Value))
      }
    }
    const drives = readProbeRecords(list()).filter((record) => record.step === 'createSecret')

    expect(tags.size).toBe(50)
    expect(drives.length).toBeGreaterThan(40)
    expect(drives.length + readLaterDrives(list())).toBe(100)
    expect(readProbeRecords(list()).some((record) => record.step === 'testSecret')).toBe(true)
  })
})
