// What is said of a secret that somebody forgot to store: a command that works as it stands, for every kind of them.
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import {
  adviceFor,
  creationOf,
  formatOf,
  type HandMadeSecret,
  settingOf,
} from '../../../lambda/core/secret/hand-made-secrets.ts'

const secrets: readonly HandMadeSecret[] = [
  { kind: 'projectSecret', name: 'stytch/m2m-prod', projectId: 'project-live-1' },
  { kind: 'workspaceKey', name: 'stytch/workspace' },
  { kind: 'signingSecret', name: 'm2m-intake/prod/signing' },
  { kind: 'githubApp', name: 'm2m-intake/prod/github-app' },
]

/** What the command before the pipe writes, given `pasted` on its standard input. */
const written = (secret: HandMadeSecret): unknown => {
  const command = creationOf(secret).split(' | aws ')[0]?.replace('< app.private-key.pem', '')
  return JSON.parse(execFileSync('bash', ['-c', command ?? ''], { input: 'pasted\n', encoding: 'utf8' }))
}

describe.each(secrets)('$kind', (secret) => {
  test('has a command that a shell runs, and that writes a value of the documented format', () => {
    const documented = Object.keys(JSON.parse(formatOf(secret)) as object)

    expect(documented).toEqual(expect.arrayContaining(Object.keys(written(secret) as object)))
    expect(creationOf(secret)).toContain(`aws secretsmanager create-secret --name ${secret.name} `)
  })

  test('is to be created when it is not there, and when AWS denies without having looked', () => {
    expect(adviceFor(secret, 'ResourceNotFoundException')).toContain(creationOf(secret))
    expect(adviceFor(secret, 'AccessDeniedException')).toContain(creationOf(secret))
    expect(adviceFor(secret, 'AccessDeniedException')).toContain('does not exist')
  })

  test('is to be restored when it is being deleted, and is no matter when AWS is out of order', () => {
    expect(adviceFor(secret, 'InvalidRequestException')).toContain(`restore-secret --secret-id ${secret.name}`)
    expect(adviceFor(secret, 'InternalServiceError')).toBeUndefined()
  })

  test('names its setting', () => {
    expect(settingOf(secret)).toMatch(/^(stytch|incidents)\.[A-Za-z.]+SecretName$/)
  })
})

test('the project secret and the workspace key are asked for without an echo, and stand in no argument', () => {
  expect(written(secrets[0] as HandMadeSecret)).toEqual({ project_id: 'project-live-1', secret: 'pasted' })
  expect(written(secrets[1] as HandMadeSecret)).toEqual({ key_id: 'workspace-key-…', secret: 'pasted' })
})
