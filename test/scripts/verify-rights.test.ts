// What IAM leaves open, as `verify:live --rights` asks for it: of a stand-in that enforces rights, under each value of each setting, and of one that
// enforces none.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AwsStandIn, createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import { type AwsSettings, defaultSettings } from '../../lambda/local/aws/settings.ts'
import { ADMINISTRATOR_ACCESS } from '../../lambda/local/iam/managed-policies.ts'
import { roleIdentity } from '../../lambda/local/iam/people.ts'
import { createRights } from '../../lambda/local/iam/rights.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { createAwsCalls } from '../../scripts/verify-live/aws-calls.ts'
import { type LiveFinding, runGroup } from '../../scripts/verify-live/finding.ts'
import { rightsGroup } from '../../scripts/verify-live/rights-checks.ts'
import { createQuiet, createWorkshop, type Run } from '../../scripts/verify-live/run.ts'
import { readOptions } from '../../scripts/verify-live/settings.ts'

const ACCOUNT = '000000000000'
const PROBE = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:probe`

const admin = roleIdentity({
  accessKeyId: 'admin',
  roleArn: `arn:aws:iam::${ACCOUNT}:role/admin`,
  identityPolicies: [ADMINISTRATOR_ACCESS],
})
const letsSecretsManager = {
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Service: 'secretsmanager.amazonaws.com' },
    Action: 'lambda:InvokeFunction',
  },
}
const rights = createRights({ identities: [admin], resourcePolicies: new Map([[PROBE, letsSecretsManager]]) })

const made = (more: object): AwsStandIn =>
  createAwsStandIn({ world: createWorld(), invoke: async () => ({ ok: true }), settings: { redriveCount: 0 }, ...more })
const enforcing = made({ rights })
const open = made({})
afterAll(async () => {
  await enforcing.close()
  await open.close()
})

const pace = {
  pollMs: 5,
  atOnceMs: 50,
  stepWaitMs: 20_000,
  shortWaitMs: 50,
  lagPollMs: 5,
  lagQuietMs: 5,
  redriveWaitMs: 5,
  trailWaitMs: 5,
}

const origins = new Map<AwsStandIn, string>()
beforeAll(async () => {
  for (const one of [enforcing, open]) origins.set(one, await one.listen(0))
})

const ask = async (standIn: AwsStandIn): Promise<readonly LiveFinding[]> => {
  const { signal } = new AbortController()
  const { make, clear } = createWorkshop(signal)
  const run: Run = { prefix: 'm2m-verify/test/', pace, signal, now: Date.now, keepQuiet: createQuiet().keepQuiet, make }
  const client = new SecretsManagerClient({
    endpoint: origins.get(standIn) ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'admin', secretAccessKey: 'x' },
    maxAttempts: 1,
  })
  const probeArn = async () => PROBE
  const calls = createAwsCalls({ client, probeArn, accountId: ACCOUNT }, run)
  const group = rightsGroup({ run, calls, expected: defaultSettings, client, probeArn, accountId: ACCOUNT })
  const findings = await runGroup(group, () => {})
  await standIn.idle()
  expect(await clear()).toEqual([])
  expect(standIn.peekAll()).toEqual([])
  client.destroy()
  return findings
}

const verdicts = (findings: readonly LiveFinding[]) => findings.map(({ verdict }) => verdict)

describe('of a stand-in that enforces rights', () => {
  test('every answer is the default, and nothing is left', async () => {
    expect(verdicts(await ask(enforcing))).toEqual(['agrees', 'agrees', 'agrees', 'agrees', 'agrees'])
  })

  test.each([
    [{ absentStage: 'current' }, 'set absentStage to current'],
    [{ rotationLambdaArnKey: 'filled' }, 'set rotationLambdaArnKey to filled'],
    [{ multiValuedSource: 'lenient' }, 'set multiValuedSource to lenient'],
    [{ publicPolicy: 'fixedValues' }, 'set publicPolicy to fixedValues'],
  ] as readonly (readonly [Partial<AwsSettings>, string])[])(
    '%j is noticed, and nothing else',
    async (settings, advice) => {
      enforcing.configure(settings)
      const findings = await ask(enforcing)
      enforcing.configure(defaultSettings)

      expect(findings.flatMap((finding) => finding.advice ?? [])).toEqual([advice])
      expect(verdicts(findings).filter((verdict) => verdict === 'agrees')).toHaveLength(4)
    },
  )
})

test('of one that enforces none, nothing is learned but what is asked of ValidateResourcePolicy', async () => {
  expect(verdicts(await ask(open))).toEqual(['agrees', 'agrees', 'not seen', 'not seen', 'not seen'])
})

test('--rights asks for this alone, and has a page of its own', () => {
  expect(readOptions(['--rights'])).toMatchObject({ isOnlyRights: true, page: 'docs/verified-rights.md' })
  expect(readOptions(['--rights', '--page', 'x.md'])).toMatchObject({ page: 'x.md' })
  expect(readOptions([])).toMatchObject({ isOnlyRights: false, page: 'docs/verified.md' })
})
