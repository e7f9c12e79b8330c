// Which replicas keep an overlap open, which need a person, and what a settle is about that does not wait for them.
import { describe, expect, test } from 'vitest'
import { settleAnywayToken, settleAttempts, settleToken } from '../../../lambda/core/drive/settle-request.ts'
import { type ReplicaState, readReplica } from '../../../lambda/core/secret/replica-state.ts'
import { replicasInTrouble, replicasKeepingOpen } from '../../../lambda/core/secret/replicas.ts'
import { isAnyway, isSettleAbout } from '../../../lambda/core/secret/settle-subject.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { MINUTE_MS, makeSecret, type TokenKind } from '../../fakes/managed-secret.ts'

const synced: ReplicaState = { region: 'eu-west-1', status: 'InSync' }
const late: ReplicaState = { region: 'eu-north-1', status: 'InProgress' }
const failed: ReplicaState = { region: 'eu-west-3', status: 'Failed', message: 'no access' }
const unknown: ReplicaState = { region: 'eu-south-1', status: 'Unknown' }
const replicas = [synced, late, failed, unknown]

describe('an overlap is kept open', () => {
  test.each<TokenKind>(['rotate', 'rollback', 'bare'])('by every Region that is not in sync, after a %s', (current) => {
    const { secret } = makeSecret({ current, more: { replicas } })

    expect(replicasKeepingOpen(secret)).toEqual([late, failed, unknown])
  })

  test.each<TokenKind>(['revoke', 'settle', 'register', 'adopt'])('by none after a %s', (current) => {
    expect(replicasKeepingOpen(makeSecret({ current, more: { replicas } }).secret)).toEqual([])
  })

  test('by none that is in sync, and by none at all', () => {
    expect(replicasKeepingOpen(makeSecret({ more: { replicas: [synced] } }).secret)).toEqual([])
    expect(replicasKeepingOpen(makeSecret({ current: undefined, more: { replicas } }).secret)).toEqual([])
  })
})

describe('a replica needs a person', () => {
  test.each([
    [15, ['eu-west-3']],
    [16, ['eu-north-1', 'eu-west-3', 'eu-south-1']],
  ])('%d minutes after the last change: %j', (minutes, regions) => {
    const { secret } = makeSecret({ rotatedAgoMs: minutes * MINUTE_MS, more: { replicas } })

    expect(replicasInTrouble(secret, NOON_THIRTY).map(({ region }) => region)).toEqual(regions)
  })
})

test.each([
  [{ region: undefined, status: 'InSync', message: undefined }, []],
  [{ region: 'a', status: 'InSync', message: undefined }, [{ region: 'a', status: 'InSync' }]],
  [{ region: 'a', status: undefined, message: undefined }, [{ region: 'a', status: 'Unknown' }]],
  [{ region: 'a', status: 'Paused', message: 'why' }, [{ region: 'a', status: 'Unknown', message: 'why' }]],
])('an entry %j is read as %j', (entry, expected) => {
  expect(readReplica(entry)).toEqual(expected)
})

describe('a settle that does not wait for replicas', () => {
  const subject = { secretArn: 'arn:one', currentId: 'the-version' }
  const usual = settleToken(subject, [], NOON_THIRTY)
  const anyway = settleAnywayToken(subject, [], NOON_THIRTY)

  test('is known by its token, and about the same version', () => {
    expect([isAnyway(usual, subject), isAnyway(anyway, subject)]).toEqual([false, true])
    expect([isSettleAbout(usual, subject), isSettleAbout(anyway, subject)]).toEqual([true, true])
    expect(isAnyway(anyway, { ...subject, currentId: 'another' })).toBe(false)
    expect(isSettleAbout(anyway.replace('settle-', 'rotate-'), subject)).toBe(false)
  })

  test('counts as an attempt like any other', () => {
    const versions = [usual, anyway].map((versionId) => ({ versionId, labels: [], createdAt: NOON_THIRTY }))

    expect(settleAttempts(subject, versions.slice(1)).made).toBe(1)
    expect(settleToken(subject, versions, NOON_THIRTY)).toMatch(/-002-/)
    expect(settleAnywayToken(subject, versions, NOON_THIRTY)).toMatch(/-002-/)
  })
})
