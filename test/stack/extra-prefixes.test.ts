// Prefixes beside the stage's own: what the configuration takes, what every policy then says, what the functions are told, and that a stage
// without them has the policies that it had.
import { describe, expect, test } from 'vitest'
import { MAX_EXTRA_PREFIXES } from '../../lambda/core/secret/stage-secrets.ts'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { everything } from './everything.ts'
import { allRoleStatements, bySid, exampleConfig, resourcesOf, synthStack } from './synth.ts'

const { stage, stytch, alarms, breakGlass } = exampleConfig
const minimal = { stage, stytch, alarms, breakGlass }

const faultsOf = (changes: object): readonly string[] => {
  try {
    readDeployConfig({ ...minimal, ...changes })
  } catch (error) {
    if (error instanceof DeployConfigFault) return error.faults
    throw error
  }
  return []
}

describe('the configuration', () => {
  test('takes them', () => {
    expect(readDeployConfig({ ...minimal, extraPrefixes: ['legacy/', 'team/a/'] }).extraPrefixes).toEqual([
      'legacy/',
      'team/a/',
    ])
    expect(readDeployConfig(minimal)).not.toHaveProperty('extraPrefixes')
    expect(readDeployConfig({ ...minimal, extraPrefixes: [] })).not.toHaveProperty('extraPrefixes')
  })

  test('says every fault of them at once, by its place', () => {
    const faults = faultsOf({ extraPrefixes: ['legacy', 'm2m/prod/', 'a/', 'a/b/', 'c*/', 7] })

    expect(faults.map((fault) => fault.split(' ').slice(0, 2).join(' '))).toEqual([
      'm2m.extraPrefixes[5] is',
      'm2m.extraPrefixes[0] is',
      'm2m.extraPrefixes[1] overlaps',
      'm2m.extraPrefixes[3] overlaps',
      'm2m.extraPrefixes[4] is',
    ])
    const many = Array.from({ length: MAX_EXTRA_PREFIXES + 1 }, (_, at) => `p${at}/`)
    expect(faultsOf({ extraPrefixes: many })).toEqual([
      `m2m.extraPrefixes are 6: expected at most ${MAX_EXTRA_PREFIXES}`,
    ])
  })

  test('lets no secret that other functions hold lie below one', () => {
    const faults = faultsOf({
      extraPrefixes: ['stytch/', 'leaks/'],
      stytch: {
        ...stytch,
        projectSecretName: 'stytch/project',
        projectRotation: { projectSlug: 'a', environmentSlug: 'b', workspaceKeySecretName: 'stytch/workspace' },
      },
      incidents: { intake: { signingSecretName: 'leaks/signing' } },
    })

    expect(faults).toEqual([
      'm2m.stytch.projectSecretName lies below stytch/: expected a name outside of the prefix',
      'm2m.stytch.projectRotation.workspaceKeySecretName lies below stytch/: expected a name outside of the prefix',
      expect.stringMatching(/^m2m\.incidents\.intake\.signingSecretName lies below leaks\//),
    ])
  })
})

describe('the stack', () => {
  const { template } = synthStack({ ...everything, extraPrefixes: ['legacy/', 'team/a/'] })
  const plain = synthStack(everything)
  const resources = resourcesOf(template())

  /** Every text of the template that names secrets below a prefix. */
  const patterns = (prefix: string): number => JSON.stringify(resources).split(`:secret:${prefix}*`).length - 1

  test('opens the extra prefixes wherever it acts on secrets', () => {
    expect(patterns('legacy/')).toBeGreaterThan(10)
    expect(patterns('team/a/')).toBe(patterns('legacy/'))
  })

  test('lets nobody create or delete a secret there, and only the rotation function store a value', () => {
    const allowed = (logicalId: string): readonly string[] =>
      allRoleStatements(template(), logicalId)
        .filter(({ Effect, Resource }) => Effect === 'Allow' && JSON.stringify(Resource).includes(':secret:legacy/*'))
        .flatMap(({ Action }) => [Action].flat())

    const roles = [
      'RotationFn',
      'SweepFn',
      'CampaignFn',
      'IncidentFn',
      'IdentifyFn',
      'ClientsFn',
      'RegistrarFn',
      'VendorFn',
    ]
    const actions = roles.flatMap(allowed)
    expect(actions).not.toContain('secretsmanager:CreateSecret')
    expect(actions).not.toContain('secretsmanager:DeleteSecret')
    expect(actions).not.toContain('secretsmanager:UpdateSecret')
    expect(roles.filter((one) => allowed(one).includes('secretsmanager:PutSecretValue'))).toEqual(['RotationFn'])
    expect(allowed('RegistrarFn').filter((action) => action.startsWith('secretsmanager:'))).toEqual([])
  })

  test.each([
    ['RotationFn', 'ReadAndRotate'],
    ['SweepFn', 'LookBelowThePrefix'],
    ['CampaignFn', 'AskForRotationsOnly'],
    ['IncidentFn', 'AskForRotationsOnly'],
    ['IdentifyFn', 'ReadManagedSecrets'],
    ['ClientsFn', 'AdoptInPlace'],
    ['VendorFn', 'ReadManagedSecrets'],
  ])('%s: %s', (logicalId, sid) => {
    const statements = allRoleStatements(template(), logicalId)
    const found =
      statements.find((one) => one.Sid === sid) ??
      statements.find(({ Resource }) => JSON.stringify(Resource).includes('legacy/*'))

    expect(JSON.stringify(found?.Resource)).toContain(':secret:legacy/*')
  })

  test('lets the key work for them', () => {
    const key = Object.values(resources).find(
      ({ Type, Properties }) =>
        Type === 'AWS::KMS::Key' && String(Properties.Description).startsWith('Secrets of M2M clients'),
    )
    const { Statement: statements } = (key?.Properties.KeyPolicy ?? { Statement: [] }) as {
      Statement: Parameters<typeof bySid>[0]
    }

    for (const sid of ['DecryptForReaders', 'EncryptForWriters']) {
      const context = bySid(statements, sid).Condition?.StringLike?.['kms:EncryptionContext:SecretARN']
      expect(JSON.stringify(context)).toMatch(/secret:m2m\/prod\/\*.*secret:legacy\/\*.*secret:team\/a\/\*/)
    }
  })

  test('tells every function that looks for secrets', () => {
    const told = Object.values(resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => [
        String(Properties.FunctionName),
        (Properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables?.M2M_EXTRA_PREFIXES,
      ])

    expect(
      told
        .filter(([, prefixes]) => prefixes === 'legacy/ team/a/')
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(
      ['campaign', 'clients', 'identify', 'incident', 'reads', 'registrar', 'rotation', 'sweep', 'vendor'].map(
        (part) => `m2m-prod-${part}`,
      ),
    )
  })

  test('says at synth what is opened', () => {
    const { ExtraPrefixes: output } = template().toJSON().Outputs as Record<
      string,
      { Value: string; Description: string }
    >

    expect(output?.Value).toBe('legacy/ team/a/')
    expect(output?.Description).toContain('may read and change EVERY secret below these prefixes')
    expect(plain.template().toJSON().Outputs).not.toHaveProperty('ExtraPrefixes')
  })
})
