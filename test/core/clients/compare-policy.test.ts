// Whether a policy is one that a stage writes: whatever a stage writes is, in whatever order AWS hands it back; anything else is not.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { comparePolicy, type StandingPolicy } from '../../../lambda/core/clients/compare-policy.ts'
import { mergedPolicy } from '../../../lambda/core/clients/merged-policy.ts'
import { type PolicyRoles, secretPolicy } from '../../../lambda/core/clients/secret-policy.ts'

const secretArn = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/billing-AbCdEf'
const role = (name: string, account = '111111111111'): string => `arn:aws:iam::${account}:role/${name}`
const roles: PolicyRoles = {
  readers: [role('rotation'), role('clients')],
  changers: [role('rotation'), role('deploy')],
  rotators: [role('sweep')],
  operators: [role('ops')],
  consumers: [role('billing'), role('orders', '222222222222')],
}
const written = secretPolicy(secretArn, roles)
const compare = (policy: unknown, more: Partial<StandingPolicy> = {}) =>
  comparePolicy({ secretArn, text: JSON.stringify(policy), isInPlace: false, isReadingOpen: false, ...more })

const owners = { Sid: 'Owners', Effect: 'Allow', Principal: '*', Action: 'secretsmanager:*', Resource: '*' }

test('whatever a stage writes is its own, whoever its roles and readers are', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 4 })
  const arns = names.map((some) => some.map((name) => role(name)))
  const consumers = fc
    .tuple(arns, names)
    .map(([own, others]) => [...own, ...others.map((name) => role(name, '222222222222'))])
  const any = fc.record({
    readers: arns,
    changers: arns.filter(({ length }) => length > 0),
    rotators: arns,
    operators: arns,
    consumers,
  })
  fc.assert(fc.property(any, (some) => compare(secretPolicy(secretArn, some)) === 'ours'))
})

test('so it is in another order, and with a list of one as a text', () => {
  const { Version, Statement } = written
  const turned = Statement.toReversed().map((one) => Object.fromEntries(Object.entries(one).toReversed()))
  const flat = JSON.stringify(turned).replaceAll(/\["([^"]+)"\]/g, '"$1"')

  expect(flat).not.toBe(JSON.stringify(turned))
  expect(compare({ Statement: JSON.parse(flat), Version })).toBe('ours')
})

describe('a policy is not the stage’s', () => {
  const { Statement } = written
  const without = (sid: string) => Statement.filter(({ Sid }) => Sid !== sid)
  const changed = (sid: string, change: object) =>
    Statement.map((one) => (one.Sid === sid ? { ...one, ...change } : one))

  test.each([
    ['with a statement that lets others read', [...Statement, owners]],
    ['without the denial of reading', without('OnlyNamedRolesRead')],
    ['without the denial of changes', without('OnlyNamedRolesChange')],
    ['with a denial that allows', changed('OnlyNamedRolesRead', { Effect: 'Allow' })],
    ['with a denial for one principal', changed('OnlyNamedRolesRead', { Principal: { AWS: role('x') } })],
    ['with a denial of less', changed('OnlyNamedRolesOpen', { Action: ['secretsmanager:PutResourcePolicy'] })],
    ['with a denial without its condition', changed('OnlyNamedRolesTag', { Condition: {} })],
    [
      'with readers that the denial does not name',
      changed('ReadersOfThisAccount', { Condition: { ArnEquals: { 'aws:PrincipalArn': [role('thief')] } } }),
    ],
    ['with one of ours twice', [...Statement, ...Statement]],
    ['that is empty', []],
    ['that is somebody else’s', [owners]],
  ])('%s', (_what, statements) => {
    expect(compare({ Version: '2012-10-17', Statement: statements })).toBe('foreign')
  })

  test('that is no JSON, or that is not there', () => {
    expect(compare(written, { text: '{' })).toBe('foreign')
    expect(compare(written, { text: undefined })).toBe('missing')
  })
})

describe('on a secret that was adopted in place', () => {
  const merge = (isReadingOpen: boolean) => {
    const existing = JSON.stringify({ Version: '2012-10-17', Statement: [owners] })
    const merged = mergedPolicy({ secretArn, roles, existing, isReadingOpen })
    return merged.ok ? JSON.parse(merged.value) : undefined
  }

  test.each([true, false])('its owner’s statements may stand beside ours; reading open: %s', (isReadingOpen) => {
    expect(compare(merge(isReadingOpen), { isInPlace: true, isReadingOpen })).toBe('ours')
    expect(compare(merge(isReadingOpen), { isInPlace: false, isReadingOpen })).toBe('foreign')
  })

  test('ours must be there, and closed where it was closed', () => {
    expect(compare({ Statement: [owners] }, { isInPlace: true, isReadingOpen: true })).toBe('foreign')
    expect(compare(merge(true), { isInPlace: true, isReadingOpen: false })).toBe('foreign')
  })
})
