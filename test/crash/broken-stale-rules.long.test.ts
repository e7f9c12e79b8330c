// Tests of the tests: rules about old replies are broken on purpose, and what plays old replies must say so. Each is sound first.
import {
  RotateSecretCommand,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeOrThrow } from '../../lambda/core/rotation/rotation.ts'
import { overlapEndsAt } from '../../lambda/core/secret/overlap.ts'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { begin } from './positions.ts'
import {
  acceptedValues,
  idUnder,
  register,
  rotateSecret,
  type Seat,
  type Subject,
  undisturbed,
  valueUnder,
} from './seat.ts'
import { respond } from './stale-incidents.ts'
import { createStaleSeat, runStale } from './stale-runs.ts'

const HOUR_MS = 60 * 60_000
const untouched: Seat['tamper'] = (rotation) => rotation
let seat: Seat
beforeAll(async () => {
  seat = await createStaleSeat()
})
beforeEach(() => {
  seat.world.reset()
  seat.tamper = untouched
  seat.stytch.configure({ nodeLagMs: [0] })
  seat.chooseNode = () => undefined
  seat.aws.configure({ redriveCount: 0 })
})
afterAll(() => seat.close())

/** Reads the value under AWSCURRENT where the version is asked for that carried it. */
const byLabel: Seat['tamper'] = (rotation, { ClientRequestToken }) => ({
  ...rotation,
  secrets: {
    ...rotation.secrets,
    readValue: (secretId, { versionId, ...query } = {}) =>
      rotation.secrets.readValue(
        secretId,
        versionId === ClientRequestToken ? { versionId, ...query } : { ...query, label: 'AWSCURRENT' },
      ),
  },
})

test('values that are read by their label are found: one old reply makes a rotate cancel the value that is current', async () => {
  const single = { singleEvery: 1, pairEvery: 0, twinEvery: 0, killEvery: 0 } as const
  seat.tamper = byLabel

  const { violations } = await runStale(seat, { ...single, intents: ['rotate'], beginnings: ['overlap'] })

  expect(violations.join('\n')).toContain('(RotateCancel) left AWSCURRENT refused')
})

/** Shows the version that a settle is about as AWSCURRENT, whichever carries it. */
const shownAsAbout =
  (about: string): Seat['tamper'] =>
  (rotation, { ClientRequestToken }) => {
    if (!ClientRequestToken.startsWith('settle-')) return rotation
    const { secrets } = rotation
    let currentId = about
    const real = (id: string): string => (id === about ? currentId : id)
    return {
      ...rotation,
      secrets: {
        ...secrets,
        describe: async (secretId) => {
          const state = await describeOrThrow(secrets, secretId)
          const entries = Object.entries(state.labels)
          currentId = entries.find(([, labels]) => labels.includes('AWSCURRENT'))?.[0] ?? about
          const others = entries.filter(([id]) => id !== about && id !== currentId)
          return { ...state, labels: Object.fromEntries([...others, [about, ['AWSCURRENT']]]) }
        },
        readValue: (secretId, { versionId, ...query } = {}) =>
          secrets.readValue(secretId, versionId === undefined ? query : { ...query, versionId: real(versionId) }),
        moveLabel: ({ from, ...move }) => secrets.moveLabel({ ...move, from: real(from) }),
      },
    }
  }

/** Somebody saw the first of two switches alone, and asks for the settle of it. @returns what that ended. */
const settleOfEarlier = async (isBroken: boolean): Promise<readonly string[]> => {
  const subject = await begin(seat, 'overlap')
  const earlier = idUnder(seat, subject.secretArn, 'AWSCURRENT') ?? ''
  await rotateSecret(seat, subject, 'rotate')
  const { secretArn } = subject
  const askedAt = seat.world.clock.now()
  const token = makeRequestToken({ origin: 'settle', askedAt, secretArn, about: earlier, attempt: 1 })
  if (isBroken) seat.tamper = shownAsAbout(earlier)
  await seat.client.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token }))
  await seat.aws.idle()
  return acceptedValues(seat, subject).length === 2 ? [] : ['an overlap ended that had just begun']
}

test('a settle that does not compare its version is found: it ends an overlap that has just begun', async () => {
  expect(await settleOfEarlier(false)).toEqual([])
  seat.world.reset()

  expect(await settleOfEarlier(true)).toEqual(['an overlap ended that had just begun'])
})

/** Takes a settle's version without a label for one that carried AWSCURRENT. */
const trustsUnlabelled = (secrets: Secrets): Secrets => {
  const shown = (versionId: string, labels: readonly string[]): readonly string[] =>
    versionId.startsWith('settle-') && labels.length === 0 ? ['AWSPREVIOUS'] : labels
  return {
    ...secrets,
    listVersions: async (secretId) =>
      (await secrets.listVersions(secretId)).map((entry) => ({
        ...entry,
        labels: shown(entry.versionId, entry.labels),
      })),
  }
}

/** The settle of a revoke is refused, and an operator brings the leaked value back. @returns what the incident says wrongly. */
const incidentAfterRefusedSettle = async (seen?: (secrets: Secrets) => Secrets): Promise<readonly string[]> => {
  seat.onInvoke = undisturbed(seat)
  const subject = await register(seat)
  const leaked = valueUnder(seat, subject.secretArn, 'AWSCURRENT') ?? ''
  const leakedId = idUnder(seat, subject.secretArn, 'AWSCURRENT')
  const { secretArn } = subject
  const askedAt = seat.world.clock.now()
  const revoke = makeRequestToken({ origin: 'revoke', askedAt, secretArn, about: 'inc-1', attempt: 1 })
  const settle = makeRequestToken({ origin: 'settle', askedAt, secretArn, about: revoke, attempt: 1 })
  const ask = async (token: string): Promise<void> => {
    await seat.client.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token }))
    await seat.aws.idle()
  }
  const move = (label: string, from: string, to?: string) =>
    seat.client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secretArn,
        VersionStage: label,
        RemoveFromVersionId: from,
        ...(to === undefined ? {} : { MoveToVersionId: to }),
      }),
    )
  await ask(revoke)
  seat.onInvoke = async () => ({ ok: false, errorType: 'Runtime.ExitError', errorMessage: 'killed' })
  await ask(settle)
  await move('AWSPENDING', settle)
  await move('AWSCURRENT', revoke, leakedId)
  seat.onInvoke = undisturbed(seat)
  const { outcome } = await respond(seat, subject, 'inc-1', seen)
  const isAlive = seat.stytch.accepts(subject.clientId, leaked)
  return outcome === 'done' && isAlive ? ['it ended as settled, and the leaked value is accepted'] : []
}

test('"settled" that is taken from a version without a label is found: the incident ends with the leaked value accepted', async () => {
  expect(await incidentAfterRefusedSettle()).toEqual([])
  seat.world.reset()

  expect(await incidentAfterRefusedSettle(trustsUnlabelled)).toEqual([
    'it ended as settled, and the leaked value is accepted',
  ])
})

const LATE = 1
const isAcceptedLate = async ({ clientId, secretArn }: Subject, versionId: string): Promise<boolean> => {
  seat.chooseNode = () => LATE
  const text = seat.aws.peek(secretArn)?.versions.find(({ id }) => id === versionId)?.value ?? ''
  const parsed = seat.kind.form.parse(text, 0)
  if (!parsed.ok) throw new Error('no value')
  return (await seat.issuer.exchange(clientId, parsed.value.clientSecret)).accepted
}

/** Every other exchange is answered by a node that is a minute late. @returns what the proof says wrongly. */
const proofAtNodes = async (): Promise<readonly string[]> => {
  const subject = await begin(seat, 'overlapAfterRevoke')
  const leakedId = idUnder(seat, subject.secretArn, 'AWSPREVIOUS') ?? ''
  seat.world.clock.advance(HOUR_MS)
  seat.stytch.configure({ nodeLagMs: [0, 60_000] })
  seat.chooseNode = (nth) => nth % 2
  await rotateSecret(seat, subject, 'settle')
  const isProven = seat.aws.events().some(({ detailType }) => detailType === 'Secret Revoked')
  return isProven && (await isAcceptedLate(subject, leakedId)) ? ['proven dead, and one node accepts it'] : []
}

test('one refusal as proof is found: another node accepts what is said to be dead', async () => {
  expect(await proofAtNodes()).toEqual([])
  seat.world.reset()
  seat.tamper = (rotation) => ({
    ...rotation,
    bounds: { ...rotation.bounds, refused: { count: 1, overMs: 0 } },
  })

  expect(await proofAtNodes()).toEqual(['proven dead, and one node accepts it'])
})

/** A tag is changed in the middle of an overlap. @returns whether it is over when its time is. */
const overlapWithTag = async (seen = (secret: Secret): Secret => secret): Promise<readonly string[]> => {
  const spans = { overlapMs: 24 * HOUR_MS, periodMs: 60 * 24 * HOUR_MS }
  seat.onInvoke = undisturbed(seat)
  const subject = await register(seat)
  await rotateSecret(seat, subject, 'rotate')
  seat.world.clock.advance(23 * HOUR_MS)
  const Tags = [{ Key: 'team', Value: 'other' }]
  await seat.client.send(new TagResourceCommand({ SecretId: subject.secretArn, Tags }))
  seat.world.clock.advance(2 * HOUR_MS)
  const secret = seen(await describeOrThrow(seat.secrets, subject.secretArn))
  return overlapEndsAt(secret, spans) <= seat.world.clock.now() ? [] : ['an overlap whose time is over counts as open']
}

test('an overlap that counts from LastChangedDate is found: a tag keeps it open', async () => {
  expect(await overlapWithTag()).toEqual([])
  seat.world.reset()

  const broken = overlapWithTag((secret) => ({ ...secret, lastRotatedAt: secret.lastChangedAt }))

  expect(await broken).toEqual(['an overlap whose time is over counts as open'])
})
