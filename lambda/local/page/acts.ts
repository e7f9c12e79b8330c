// What the buttons of the status page do: what a person would ask of AWS about a client, with the rights of whom they chose to be, and what only
// a laptop has: faults and a clock. Each says in one sentence what came of it.
import { errorName } from '../../adapters/error-name.ts'
import { Fault as CoreFault } from '../../core/base/fault.ts'
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import { HOUR_MS } from '../../core/base/time-units.ts'
import { TAG } from '../../core/secret/secret-tags.ts'
import { isOfStage, shortNameOf } from '../../core/secret/stage-secrets.ts'
import type { Laptop } from '../laptop/laptop.ts'
import { type Fault, faultFaults } from '../stand-in/faults.ts'
import { type ActResult, done, refused } from './act-result.ts'
import type { Actor } from './actors.ts'
import { createClientActs, noSuchClient } from './client-acts.ts'
import { explainDenial, withDenial } from './denials.ts'
import { createHands, type Hands } from './hands.ts'
import type { Incidents } from './incidents.ts'
import { isPresetName, type Presets, presetNames } from './presets.ts'
import type { Sentence } from './sentences.ts'
import type { StoryKind } from './stories.ts'

export interface Acts {
  /** @param input parsed JSON of whatever form. Never rejects. */
  carryOut(input: unknown): Promise<ActResult>
  close(): void
}

const MAX_HOURS = 24 * 365

/** What the page adds to what an identity may do. */
export interface PageParts {
  /** Empty: everybody may do everything. */
  readonly actors: readonly Actor[]
  readonly incidents: Pick<Incidents, 'attack' | 'callOff'>
  readonly presets: Presets
  /** Puts a sentence into the timeline. */
  readonly note: (about: string, kind: StoryKind, sentence: Sentence) => void
}

/** Without identities, whoever calls may do everything. */
const ANYBODY: Actor = { key: 'laptop', label: 'anybody', who: 'anybody', may: '' }

const deeds: Readonly<Record<string, string>> = {
  rotate: 'rotate',
  settle: 'settle',
  rollback: 'roll back',
  read: 'read the value of',
  leak: 'report a leak of',
  register: 'register',
}

export const createActs = (laptop: Laptop, { actors, incidents, presets, note }: PageParts): Acts => {
  const { aws, stytch, world } = laptop
  const { now } = world.clock
  const known = actors.length === 0 ? [ANYBODY] : actors
  const hands = new Map<string, Hands>()
  const handsOf = ({ key }: Actor): Hands => {
    const made = hands.get(key) ?? createHands(laptop, key)
    hands.set(key, made)
    return made
  }
  const clientActs = createClientActs(laptop, incidents)
  const announce = (about: string, says: string): void => note(about, 'system', { says, detail: '', tone: 'plain' })

  const secretOf = ({ secret }: JsonObject) => {
    const found = typeof secret === 'string' ? aws.peek(secret) : undefined
    return found !== undefined && isOfStage(laptop.stage, found) ? found : undefined
  }
  const denied = (actor: Actor, about: readonly [deed: string, name: string], message: string): ActResult => {
    const denial = explainDenial(laptop.rights, actor.key, message)
    const says = `Denied: ${actor.who} may not ${about.join(' ')}`
    note(about[1], 'denial', { says, detail: denial.why || message, tone: 'bad' })
    return { isDone: false, says: `${says}.`, denial }
  }
  const actOnClient = (act: keyof typeof clientActs, input: JsonObject): Promise<ActResult> | ActResult => {
    const actor = input.as === undefined ? known[0] : known.find(({ key }) => key === input.as)
    if (actor === undefined) return refused(`as: expected one of ${known.map(({ key }) => key).join(', ')}`)
    const secret = secretOf(input)
    const name = secret === undefined ? String(input.name ?? '') : shortNameOf(laptop.stage, secret.name)
    const asked = { hands: handsOf(actor), who: actor.who, input, secret }
    return withDenial(
      () => clientActs[act](asked),
      (message) => denied(actor, [deeds[act] ?? act, name], message),
    )
  }

  const ownActs: Readonly<Record<string, (input: JsonObject) => ActResult>> = {
    fault: ({ at, fault }) => {
      const server = at === 'Stytch' ? stytch.server : at === 'AWS' ? aws : undefined
      const faults = [...(server === undefined ? ['at: expected Stytch or AWS'] : []), ...faultFaults(fault)]
      if (server === undefined || faults.length > 0) return refused(faults.join('; '))
      server.faults.add(fault as Fault)
      announce('', `Fault set at ${at}: ${(fault as Fault).op}, ${(fault as Fault).kind}`)
      return done(`The fault is set at ${at}.`)
    },
    preset: (input) => {
      const { preset } = input
      if (!isPresetName(preset)) return refused(`preset: expected one of ${presetNames.join(', ')}`)
      const secret = secretOf(input)
      if (preset === 'dashboard' && secret === undefined) return noSuchClient
      const says = presets.play(preset, secret?.tags[TAG.client])
      announce(secret === undefined ? '' : shortNameOf(laptop.stage, secret.name), says.replace(/\.$/, ''))
      return done(says)
    },
    calm: () => {
      presets.calm()
      stytch.server.faults.clear()
      aws.faults.clear()
      announce('', 'All faults cleared')
      return done('All faults are cleared.')
    },
    clock: ({ hours }) => {
      if (typeof hours !== 'number' || !(hours > 0 && hours <= MAX_HOURS)) {
        return refused(`hours: expected a number over 0, up to ${MAX_HOURS}`)
      }
      world.clock.advance(hours * HOUR_MS)
      announce('', `Clock moved forward by ${hours} h`)
      return done(`It is ${new Date(now()).toISOString()} now.`)
    },
  }
  const isClientAct = (act: string): act is keyof typeof clientActs => Object.hasOwn(clientActs, act)
  const names = [...Object.keys(clientActs), ...Object.keys(ownActs)]

  return {
    carryOut: async (input) => {
      const act = isJsonObject(input) && typeof input.act === 'string' ? input.act : ''
      if (!isJsonObject(input) || !names.includes(act)) return refused(`act: expected one of ${names.join(', ')}`)
      try {
        if (isClientAct(act)) return await actOnClient(act, input)
        return ownActs[act]?.(input) ?? refused('There is no such act.')
      } catch (error) {
        // A message of the SDK may quote what was sent; a fault's own never does.
        const why = error instanceof CoreFault ? error.message : errorName(error)
        return refused(`${act} failed: ${why.replace(/\.$/, '')}. The timeline shows where.`)
      }
    },
    close: () => {
      for (const one of hands.values()) one.close()
    },
  }
}
