// Random walks of the production rotation against the model: a fixed seed, and a new one each time, which is printed. Then tests of the
// test: with a rule broken on purpose, the walks must say so. The torture walks longer; counterexamples live in their own file.

import { expect, test } from 'vitest'
import type { Rotation } from '../../lambda/core/rotation/rotation.ts'
import { describeOrThrow } from '../../lambda/core/rotation/rotation.ts'
import type { Seat } from './seat.ts'
import { runWalks } from './walks.ts'

const fresh = Math.floor(Math.random() * 2 ** 31)

test.each([
  ['a fixed seed', 20_261_102],
  ['a fresh seed', fresh],
] as const)(
  'every walk from %s goes as the model says, and a revoke ends it',
  { timeout: 300_000 },
  async (_name, seed) => {
    const { walks, commands, violations } = await runWalks({ seed, walks: 16, length: 12 })

    console.log(`walks: seed ${seed}, ${walks} walks, ${commands} commands`)
    expect(violations).toEqual([])
    expect(commands).toBeGreaterThan(10)
  },
)

const swapped = (rotation: Rotation): Rotation => ({
  ...rotation,
  issuer: { ...rotation.issuer, complete: rotation.issuer.cancel, cancel: rotation.issuer.complete },
})

/** Its look before a switch always shows the pending value in the next slot. */
const credulous: Seat['tamper'] = (rotation, { Step, SecretId, ClientRequestToken }) => {
  if (Step !== 'finishSecret' || ClientRequestToken.startsWith('settle-')) return rotation
  const { issuer, secrets } = rotation
  return {
    ...rotation,
    issuer: {
      ...issuer,
      exchange: async () => ({ accepted: true, requestId: 'request-id-credulous' }),
      look: async (clientId) => {
        const view = await issuer.look(clientId)
        const pending = await secrets.readValue(SecretId, { versionId: ClientRequestToken })
        const value = (JSON.parse(pending?.text ?? '{}') as { client_secret?: string }).client_secret
        return view && { ...view, slots: { ...view.slots, next: value?.slice(-4) ?? null } }
      },
    },
  }
}

/** Shows a version that a revoke has made as one of a rotate, to rollbacks alone. */
const forgetful: Seat['tamper'] = (rotation, { ClientRequestToken }) => {
  if (!ClientRequestToken.startsWith('rollback-')) return rotation
  const { secrets } = rotation
  const shown = (id: string): string => id.replace(/^revoke-/, 'rotate-')
  const real = new Map<string, string>()
  return {
    ...rotation,
    secrets: {
      ...secrets,
      describe: async (secretId) => {
        const state = await describeOrThrow(secrets, secretId)
        for (const id of Object.keys(state.labels)) real.set(shown(id), id)
        const labels = Object.fromEntries(Object.entries(state.labels).map(([id, stages]) => [shown(id), stages]))
        return { ...state, labels }
      },
      readValue: async (secretId, { versionId, ...query } = {}) => {
        const id = versionId === undefined ? {} : { versionId: real.get(versionId) ?? versionId }
        const version = await secrets.readValue(secretId, { ...query, ...id })
        return version && { ...version, versionId: shown(version.versionId) }
      },
      moveLabel: ({ from, ...move }) => secrets.moveLabel({ ...move, from: real.get(from) ?? from }),
    },
  }
}

test.each([
  ['a cancel where a complete is due', swapped, /left AWSCURRENT refused/],
  ['a finish that neither looks nor asks', credulous, /finishSecret left AWSCURRENT refused/],
  ['a rollback after a revoke', forgetful, /brought a revoked value back/],
] as const)('%s is found', { timeout: 300_000 }, async (_name, tamper, finding) => {
  const { violations } = await runWalks({ seed: 5, walks: 40, length: 14, tamper })

  expect(violations.join()).toMatch(finding)
})
