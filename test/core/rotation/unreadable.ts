// What people store as AWSCURRENT before it leaks, and a revoke with its settle that are interrupted at any call and driven on.
import { expect } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { steps } from '../../../lambda/core/rotation/refusal.ts'
import { MAX_SECRET_BYTES } from '../../../lambda/core/secret/fit-secret.ts'
import { PROJECT_ID } from '../../fakes/fake-issuer.ts'
import { type Held, storedByOthers } from '../../fakes/stored-by-others.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

/** Its last four are in no other value of these tests. */
export const LEAKED = `canary-leaked-${'s'.repeat(24)}-LEAK`
const OTHER_CLIENT = 'm2m-client-test-of-another-secret'
export const held: Held = {
  clientId: CLIENT_ID,
  value: LEAKED,
  projectId: PROJECT_ID,
  tokenUrl: `https://test.stytch.com/v1/public/${PROJECT_ID}/oauth2/token`,
}
export const BY_HAND = 'by-hand-0000000000000000000000000000'

/** As many bytes as Secrets Manager stores. */
export const large = (() => {
  const { clientId, value, projectId, tokenUrl } = held
  const own = { client_id: clientId, client_secret: value, project_id: projectId, token_url: tokenUrl }
  const text = JSON.stringify({ ...own, padding: '' })
  return text.replace('"padding":""', `"padding":"${'p'.repeat(MAX_SECRET_BYTES - text.length)}"`)
})()

export const corpus: Readonly<Record<string, string | undefined>> = {
  ...Object.fromEntries(Object.entries(storedByOthers).map(([name, write]) => [name, write(held)])),
  'another client’s': textOf('canary-others-oooo', { client_id: OTHER_CLIENT }),
  'another project’s': textOf(LEAKED, { project_id: 'project-live-1' }),
  'a large text without a date': large,
  'a shape that nobody knows': `[["${LEAKED}"]]`,
  'nothing, under a label': undefined,
}

/** The client's own value leaked; it sits where a rotation left it, or where it was registered. */
export const worldWith = (text: string | undefined, slots: 'alone' | 'besideOlder' | 'besideOrphan'): World => {
  const world = createRegisteredWorld({})
  world.secrets.place(BY_HAND, { ...(text === undefined ? {} : { text }), labels: ['AWSCURRENT'] })
  world.secrets.tags = { 'm2m:client-id': CLIENT_ID }
  const client = world.client()
  client.current = slots === 'besideOlder' ? valueNamed('A') : LEAKED
  client.next = { alone: null, besideOlder: LEAKED, besideOrphan: 'canary-orphan-orph' }[slots]
  return world
}

export const currentText = ({ secrets }: World): string =>
  secrets.versions.get(secrets.holderOf('AWSCURRENT') ?? '')?.text ?? ''

export const run = async (world: World, intent: 'revoke' | 'settle' | 'rotate') => {
  const token = tokenOf(intent, world.timing.now())
  await world.rotate(token)
  return token
}

export const places = ['alone', 'besideOlder', 'besideOrphan'] as const
export type Place = (typeof places)[number]
export const interruptions = ['killed before', 'killed after', 'failed'] as const
export type Interruption = (typeof interruptions)[number]

/** @returns whether there was such a call. */
const interrupt = async (world: World, at: number, how: Interruption): Promise<boolean> => {
  let calls = 0
  let met = false
  const hook = () => {
    calls += 1
    if (calls - 1 !== at) return
    met = true
    throw how === 'failed'
      ? new Fault({ code: 'STYTCH_UNAVAILABLE', retryable: true, message: 'on purpose' })
      : new Error('killed')
  }
  const hooks = how === 'killed after' ? world.log.after : world.log.before
  hooks.push(hook)
  const settling = async () => {
    for (const intent of ['revoke', 'settle'] as const) {
      const token = tokenOf(intent, world.timing.now())
      world.secrets.rotateSecret(token)
      for (const name of steps) {
        try {
          await world.step(name, token)
        } catch {
          // Driven again from its beginning, as Secrets Manager and the sweep do.
          for (const again of steps.slice(0, steps.indexOf(name) + 1)) await world.step(again, token)
        }
      }
    }
  }
  await settling()
  hooks.splice(hooks.indexOf(hook), 1)
  return met
}

/** Whatever interrupted it, it ends as undisturbed: one value in a slot, and that is stored. */
export const interruptEverywhere = async (name: string, slots: Place, how: Interruption): Promise<void> => {
  let met = true
  for (let at = 0; met; at += 1) {
    const world = worldWith(corpus[name], slots)
    met = await interrupt(world, at, how)
    const { current, next } = world.client()
    const stored = JSON.parse(currentText(world)).client_secret
    expect([slots, how, at, next, current === stored, current === LEAKED]).toEqual([slots, how, at, null, true, false])
  }
}
