// The sets of a configuration: what is read, and every fault at once.
import { describe, expect, test } from 'vitest'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { rulesOfSets } from '../../lib/config/sets-config.ts'
import { operatorRoles } from '../../lib/config/stage-roles.ts'
import { settings } from '../../scripts/rights/deployment.ts'

const ROLE = 'arn:aws:iam::111111111111:role/payments'
const payments = {
  operators: [ROLE],
  readers: ['arn:aws:iam::333333333333:role/payments-*'],
  scopes: ['read:*'],
  names: 'payments-*',
}
const read = (sets: unknown) => readDeployConfig({ ...settings, sets })
const faultsOf = (sets: unknown): readonly string[] => {
  try {
    read(sets)
    return []
  } catch (error) {
    if (error instanceof DeployConfigFault) return error.faults
    throw error
  }
}

describe('sets', () => {
  test('are read as they stand; their operators operate the stage, and their readers’ accounts are admitted', () => {
    const config = read({ payments })

    expect(config.sets).toEqual({ payments })
    expect(operatorRoles(config)).toEqual([...settings.operators, ROLE])
    expect(config.readerAccounts).toContain('333333333333')
    expect(rulesOfSets(config.sets)).toEqual({
      payments: { readers: payments.readers, scopes: payments.scopes, names: payments.names },
    })
  })

  test('that are absent are none, and those that say nothing of readers and scopes allow none', () => {
    expect(read(undefined).sets).toEqual({})
    expect(read({ payments: { operators: [ROLE], names: 'payments-*' } }).sets.payments).toMatchObject({
      readers: [],
      scopes: [],
    })
  })

  test.each<readonly [string, unknown, RegExp]>([
    ['without operators', { payments: { ...payments, operators: [] } }, /operators is missing/],
    ['without names', { payments: { ...payments, names: undefined } }, /names is missing/],
    ['with an operator twice', { payments: { ...payments, operators: [ROLE, ROLE] } }, /name one twice/],
    [
      'with readers of any account',
      { payments: { ...payments, readers: ['arn:aws:iam::*:role/x'] } },
      /readers\[0\] is malformed/,
    ],
    ['with everybody as reader', { payments: { ...payments, readers: ['*'] } }, /readers\[0\] is malformed/],
    ['with an unknown field', { payments: { ...payments, admins: [] } }, /admins/],
    ['called as an alias of ours', { look: payments }, /is no set's name/],
    ['called as break-glass', { 'break-glass': payments }, /is no set's name/],
    ['called as the drills’', { 'm2m-drill': payments }, /is no set's name/],
    ['called as a version', { 42: payments }, /is no set's name/],
    ['called as no alias may be', { 'a.b': payments }, /is no set's name/],
    ['whose names overlap', { payments, others: { ...payments, names: 'pay*' } }, /shares names with/],
    [
      'with an operator of another account',
      { payments: { ...payments, operators: ['arn:aws:iam::222222222222:role/x'] } },
      /sets\.payments\.operators\[0\]/,
    ],
  ])('%s are refused', (_what, sets, why) => {
    expect(faultsOf(sets)).toContainEqual(expect.stringMatching(why))
  })
})
