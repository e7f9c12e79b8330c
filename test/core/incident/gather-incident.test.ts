// What the archive holds of an incident is found: by the secrets that its report and its end name, or that the asker names; and no more
// is read than may matter.
import { describe, expect, test } from 'vitest'
import { defined } from '../../../lambda/core/base/defined.ts'
import type { TrustedKey } from '../../../lambda/core/base/jws.ts'
import { archiveKey } from '../../../lambda/core/incident/archive-key.ts'
import { type ArchivedEvent, writeArchivedEvent } from '../../../lambda/core/incident/archived-event.ts'
import { gatherIncident } from '../../../lambda/core/incident/gather-incident.ts'
import { incidentCompleted } from '../../../lambda/core/incident/incident-completed.ts'
import { buildIncidentReport } from '../../../lambda/core/incident/incident-report.ts'
import type { ProofPayload } from '../../../lambda/core/rotation/proof.ts'
import { selectionOf } from '../../../lambda/core/secret/selector.ts'
import {
  archived,
  arnOf,
  leakEvent,
  NAME,
  NOON,
  refusedEvent,
  revokedEvent,
  revokeToken,
  settledEvent,
  settleTokenOf,
} from '../../fakes/envelopes.ts'
import { createFakeArchive } from '../../fakes/fake-archive.ts'
import { proofObject, proofPayload } from '../../fakes/incident-proofs.ts'
import { createProofKey, jwsOf } from '../../fakes/proof-key.ts'

const SHOP = 'm2m/prod/shop'
const key = createProofKey()
const verification = { stage: 'prod', trusted: [key.trusted], now: NOON + 3_600_000 }
type Object = readonly [key: string, text: string]
const proof = (switched: string, name?: string): Object => proofObject(key, switched, defined({ name }))
/** Events, and objects as they are. */
const holding = (...all: readonly (ArchivedEvent | Object)[]) => {
  const archive = createFakeArchive()
  for (const one of all) {
    if ('type' in one) archive.objects.set(archiveKey(one), writeArchivedEvent(one))
    else archive.objects.set(...one)
  }
  return archive
}
const completed = (...names: readonly string[]) =>
  incidentCompleted({
    incidentId: 'INC-42',
    at: NOON + 5000,
    clients: names.map((secretName) => ({
      secretArn: arnOf(secretName),
      secretName,
      outcome: 'revoked',
      requestTokens: [revokeToken({ name: secretName })],
    })),
  }).map(({ type, detail }) => archived(type, detail))

const outcomes = async (archive: ReturnType<typeof createFakeArchive>, secretNames: readonly string[] = []) =>
  buildIncidentReport(await gatherIncident(archive, { incidentId: 'INC-42', secretNames, verification })).clients.map(
    ({ secretName, outcome }) => `${secretName} ${outcome}`,
  )

describe('an end under the incident’s id that is of another selection', () => {
  const byTag = { tags: { team: 'payments' } } as const
  /** Whoever may start campaigns, or report leaks, has one secret revoked under the id, and that has its end. */
  const endOf = (selection: string | undefined) =>
    incidentCompleted({
      incidentId: 'INC-42',
      at: NOON + 5000,
      clients: [{ secretArn: arnOf(NAME), secretName: NAME, outcome: 'revoked', requestTokens: [revokeToken()] }],
      selection,
    }).map(({ type, detail }) => archived(type, detail))
  const shownWith = async (selection: string | undefined) =>
    buildIncidentReport(
      await gatherIncident(holding(leakEvent({ selector: byTag }), ...endOf(selection), proof(revokeToken())), {
        incidentId: 'INC-42',
        verification,
      }),
    )

  test('does not make the incident proven, while others whom its report means are not known', async () => {
    for (const other of [
      { secretNames: [NAME] },
      { tags: { team: 'other' } },
      { all: true, expectedCount: 1 },
    ] as const) {
      expect(await shownWith(selectionOf(other))).toMatchObject({
        outcome: 'notProven',
        proven: [NAME],
        unproven: [{ what: 'INC-42', why: expect.stringContaining('no end of its own yet') }],
      })
    }
  })

  test('is told from its own, however that is written, and from one of a release that did not say', async () => {
    for (const own of [selectionOf(byTag), undefined]) {
      expect(await shownWith(own)).toMatchObject({ outcome: 'proven', unproven: [] })
    }
    expect(selectionOf({ tags: { a: '1', b: '2' } })).toBe(selectionOf({ tags: { b: '2', a: '1' } }))
    expect(selectionOf({ scopes: ['x', 'y'] })).toBe(selectionOf({ scopes: ['y', 'x'] }))
    expect(selectionOf({ scopes: ['x'] })).not.toBe(selectionOf({ secretNames: ['x'] }))
  })
})

describe('the secrets of an incident', () => {
  test('are those that the report names', async () => {
    const archive = holding(leakEvent(), settledEvent(revokeToken()), proof(revokeToken()))

    expect(await outcomes(archive)).toEqual([`${NAME} proven`])
  })

  test('are those that the end names, when the report could not', async () => {
    const archive = holding(
      leakEvent({ selector: { clientIds: ['client-of-billing', 'client-of-shop'] } }),
      ...completed(NAME, SHOP),
      proof(revokeToken()),
      proof(revokeToken({ name: SHOP }), SHOP),
    )

    expect(await outcomes(archive)).toEqual([`${NAME} proven`, `${SHOP} proven`])
  })

  test('are those that the asker names, when nothing was reported on the bus', async () => {
    const archive = holding(proof(revokeToken()))

    expect(await outcomes(archive)).toEqual([])
    expect(await outcomes(archive, [NAME])).toEqual([`${NAME} proven`])
  })

  test('are found among all there are, when neither names them: as a campaign does not', async () => {
    const archive = holding(
      leakEvent({ selector: { all: true, expectedCount: 2 } }),
      proof(revokeToken()),
      proof(revokeToken({ name: SHOP, incidentId: 'INC-41' }), SHOP),
    )

    const facts = await gatherIncident(archive, {
      incidentId: 'INC-42',
      verification,
      candidates: [NAME, SHOP, 'm2m/prod/none'],
    })

    expect(buildIncidentReport(facts).clients.map(({ secretName }) => secretName)).toEqual([NAME])
  })

  test('are not proven by what lies below a longer name', async () => {
    const nested = `${NAME}/2026`
    const archive = holding(leakEvent(), ...completed(nested), proof(revokeToken({ name: nested }), nested))

    expect(await outcomes(archive)).toEqual([`${NAME} notProven`, `${nested} proven`])
  })

  test('many of them are found, each once', async () => {
    const names = Array.from({ length: 150 }, (_, at) => `m2m/prod/c${String(at).padStart(3, '0')}`)
    const archive = holding(
      leakEvent({ selector: { all: true, expectedCount: 150 } }),
      ...completed(...names),
      ...names.map((name) => proof(revokeToken({ name }), name)),
    )

    expect(await outcomes(archive)).toEqual(names.map((name) => `${name} proven`))
    expect(archive.reads).toHaveLength(1 + 2 + 150)
  })
})

describe('what is read', () => {
  test('is nothing from before the incident, and nothing that is no evidence', async () => {
    const before = NOON - 2 * 86_400_000
    const old = refusedEvent(revokeToken({ askedAt: before }), 'long ago', { at: before })
    const archive = holding(leakEvent(), old, revokedEvent(revokeToken()))
    archive.objects.set(`secrets/${NAME}/2026/03/10/notes.txt`, 'somebody put it here')

    await gatherIncident(archive, { incidentId: 'INC-42' })

    expect(archive.reads).toEqual([archiveKey(leakEvent()), archiveKey(revokedEvent(revokeToken()))])
  })

  test('at midnight is also the day before, since clocks differ', async () => {
    const midnight = Date.UTC(2026, 2, 11)
    const token = revokeToken({ askedAt: midnight - 200 })
    const archive = holding(leakEvent({}, { time: '2026-03-11T00:00:00Z' }), refusedEvent(token, 'just before'))

    const { published } = await gatherIncident(archive, { incidentId: 'INC-42' })

    expect(published.map(({ detail }) => detail.explanation)).toEqual(['just before'])
  })

  test('and cannot be read is left out', async () => {
    const archive = holding(revokedEvent(revokeToken()))
    archive.objects.set('incidents/INC-42/secret-leak-reported-x.json', '{"half":')

    const facts = await gatherIncident(archive, { incidentId: 'INC-42', secretNames: [NAME] })

    expect(facts.said).toEqual([])
    expect(facts.published).toHaveLength(1)
  })

  test('a failure of the archive is thrown: half a report would read as a whole one', async () => {
    const archive = holding(leakEvent(), revokedEvent(revokeToken()))
    const reader = {
      ...archive,
      read: async (key: string) => {
        if (key.startsWith('secrets/')) throw new Error('S3 is down')
        return archive.read(key)
      },
    }

    await expect(gatherIncident(reader, { incidentId: 'INC-42' })).rejects.toThrow('S3 is down')
  })
})

describe('what is put there by others than the rotation function', () => {
  const real = proof(revokeToken())
  const show = async (...all: readonly (ArchivedEvent | Object)[]) =>
    buildIncidentReport(await gatherIncident(holding(...all), { incidentId: 'INC-42', verification }))
  const settleOfOther = settleTokenOf(revokeToken({ incidentId: 'INC-41' }))
  const at = (payload: Partial<ProofPayload>, jws: string): Object => [
    proofObject(key, revokeToken(), { payload })[0],
    jws,
  ]

  test.each<[string, Object, string]>([
    [
      'another key’s signature',
      proofObject(createProofKey(), revokeToken()),
      'its signature is not that of the trusted key',
    ],
    [
      'a proof of another stage, signed by its key',
      proofObject(key, revokeToken(), { payload: { stage: 'test' } }),
      'it is of another stage, test',
    ],
    [
      'a proof of another incident under this one’s name',
      at({}, proof(revokeToken({ incidentId: 'INC-41' }))[1]),
      'it is about another revoke',
    ],
    [
      'a proof of an older settle under a newer one’s name',
      at({ settleToken: settleTokenOf(revokeToken(), { attempt: 2, askedAt: NOON + 1000 }) }, proof(revokeToken())[1]),
      'it is about another revoke',
    ],
    [
      'a proof of another secret under this one’s name',
      at({}, proof(revokeToken({ name: SHOP }), SHOP)[1]),
      'it is about another secret',
    ],
    [
      'a proof of this revoke under another settle',
      at({ settleToken: settleOfOther }, real[1]),
      'it is about another revoke',
    ],
    [
      'a list of revocations, signed by the very key',
      at({}, jwsOf({ ...key, type: 'm2m-revocations+jwt' }, proofPayload(revokeToken()))),
      'its header does not say m2m-proof+jwt',
    ],
    [
      'a proof that names no value',
      proofObject(key, revokeToken(), { payload: { refused: [] } }),
      'it names no value that was refused, only slots',
    ],
    ['an unsigned proof', at({}, `${real[1].split('.').slice(0, 2).join('.')}.`), 'it is not a compact JWS'],
    ['a proof of tomorrow', proofObject(key, revokeToken(), { at: NOON + 86_400_000 }), 'it is dated in the future'],
  ])('proves nothing, and is named: %s', async (_what, object, why) => {
    expect(await show(leakEvent(), ...completed(NAME), revokedEvent(revokeToken()), object)).toMatchObject({
      outcome: 'notProven',
      proven: [],
      unproven: [{ what: NAME }],
      ignored: [{ what: object[0], why }],
    })
  })

  test('a public key that lies beside the proofs verifies none', async () => {
    const own = createProofKey()
    const jwk: Object = ['proofs/prod/keys/1111.jwk', JSON.stringify(own.trusted.publicKey.export({ format: 'jwk' }))]

    expect(await show(leakEvent(), jwk, proofObject(own, revokeToken()))).toMatchObject({ proven: [] })
  })

  test.each(['m2m.security', 'm2m.sweep', 'm2m.campaign', 'm2m.vendor', 'm2m.incident', 'aws.s3'])(
    'an event of the rotation function’s, said by %s, proves nothing and is named, wherever it lies',
    async (source) => {
      const forged = archived('Secret Revoked', revokedEvent(revokeToken()).detail, { source })
      for (const place of [
        'incidents/INC-42/secret-revoked-x.json',
        `secrets/${NAME}/2026/03/10/secret-revoked-x.json`,
      ]) {
        const object: Object = [place, writeArchivedEvent(forged)]

        expect(await show(leakEvent(), object)).toMatchObject({
          outcome: 'notProven',
          ignored: [{ what: `Secret Revoked, from ${source}`, why: 'only m2m.rotation publishes that' }],
        })
      }
    },
  )

  test('an event in the rotation function’s own name proves nothing either', async () => {
    expect(await show(leakEvent(), revokedEvent(revokeToken()), settledEvent(revokeToken()))).toMatchObject({
      outcome: 'notProven',
      unproven: [{ what: NAME, why: expect.stringContaining('no signed proof of that fits') }],
    })
  })

  test('the incident function’s word that all is dead proves nothing', async () => {
    const [end] = completed(NAME)
    const clients = [{ secretArn: arnOf(NAME), secretName: NAME, outcome: 'deadAlready', requestTokens: [] }]
    const forged = archived('Incident Completed', { ...end?.detail, clients, outcome: 'dead' })

    expect(await show(leakEvent(), forged)).toMatchObject({ outcome: 'notProven', proven: [] })
  })

  test('none of it keeps the real proof from being shown', async () => {
    const forged = archived('Secret Revoked', { ...revokedEvent(revokeToken()).detail, evidence: 'invented' })
    const beside = proofObject(createProofKey(), revokeToken(), { n: 2 })

    expect(await show(forged, leakEvent(), beside, real, revokedEvent(revokeToken()))).toMatchObject({
      outcome: 'proven',
      proven: [NAME],
      ignored: [{ what: beside[0] }],
    })
  })

  test('a clock of the reader that is behind the bus’s makes no proof one of the future', async () => {
    const behind = { ...verification, now: NOON - 86_400_000 }
    const facts = await gatherIncident(holding(leakEvent(), real), { incidentId: 'INC-42', verification: behind })

    expect(buildIncidentReport(facts)).toMatchObject({ outcome: 'proven' })
  })

  test('without a key, nothing is proven', async () => {
    const facts = await gatherIncident(holding(leakEvent(), real), { incidentId: 'INC-42' })

    expect(buildIncidentReport({ ...facts, unverified: 'KMS is down' })).toMatchObject({
      outcome: 'notProven',
      unproven: [{ what: NAME, why: 'KMS is down' }],
    })
  })

  test('a proof by a former key counts where that one is trusted as well, and else is named', async () => {
    const former = createProofKey('arn:aws:kms:eu-central-1:123456789012:key/former')
    const objects = holding(leakEvent(), proofObject(former, revokeToken()))
    const ask = async (trusted: readonly TrustedKey[]) =>
      buildIncidentReport(
        await gatherIncident(objects, { incidentId: 'INC-42', verification: { ...verification, trusted } }),
      )

    expect(await ask([key.trusted, former.trusted])).toMatchObject({ outcome: 'proven' })
    expect(await ask([key.trusted])).toMatchObject({
      outcome: 'notProven',
      ignored: [{ why: 'it names another key than the trusted one' }],
    })
  })
})
