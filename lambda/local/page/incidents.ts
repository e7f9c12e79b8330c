// The last incident as the page follows it: reported, replaced, refused, proven, each from what happened on the bus and in the evidence bucket;
// and, where the page reported it, an attacker who uses the leaked value all the while.
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import type { BusEvent } from '../aws/event-bus.ts'
import type { Laptop } from '../laptop/laptop.ts'
import type { Credentials } from '../story/operator.ts'
import { type Attack, type AttackSight, startAttack } from './attack.ts'
import { outcomeWords } from './sentences.ts'
import type { ProofReader, ProofSight } from './stored-proof.ts'

export interface IncidentSight {
  readonly incidentId: string
  /** Of the one client that it is about; '' for several. */
  readonly name: string
  readonly secretName: string
  /** Last four of the value that leaked; null: not known. */
  readonly leaked: string | null
  /** Epoch milliseconds, as all times in here. */
  readonly reportedAt: number
  /** When consumers were switched to another value. */
  readonly replacedAt: number | null
  /** Last four of that one; null: not known. */
  readonly replacedBy: string | null
  readonly endedAt: number | null
  /** As the event says it, and in words. */
  readonly outcome: string | null
  readonly outcomeSays: string
  readonly summary: string
  readonly attack: AttackSight | null
  readonly proof: ProofSight | null
}

export interface LeakedValue {
  readonly credentials: Credentials
  readonly versionId: string
}

export interface Incidents {
  latest(): IncidentSight | null
  /** Lets an attacker use the value from now on. The report follows under this id. */
  attack(incidentId: string, leaked: LeakedValue): void
  /** No report follows. */
  callOff(incidentId: string): void
  close(): void
}

interface Followed {
  sight: Omit<IncidentSight, 'attack'>
  readonly attack: Attack | undefined
  readonly versionId: string | undefined
}

const LINGER_MS = 2500
const PROOF_TRIES = 20
const PROOF_EVERY_MS = 250

const textIn = (detail: JsonObject, field: string): string => {
  const found = detail[field]
  return typeof found === 'string' ? found : ''
}

const onlyName = ({ selector }: JsonObject): string => {
  const names = isJsonObject(selector) && Array.isArray(selector.secretNames) ? selector.secretNames : []
  return names.length === 1 && typeof names[0] === 'string' ? names[0] : ''
}

interface Seen {
  readonly nameOf: (secretName: string) => string
  /** AWSCURRENT of a secret: its version and the last four of its value. */
  readonly currentOf: (
    secretName: string,
  ) => { readonly versionId: string; readonly lastFour: string | null } | undefined
}

export const createIncidents = (
  { aws, world }: Pick<Laptop, 'aws' | 'world'>,
  { nameOf, currentOf }: Seen,
  proofs: ProofReader,
): Incidents => {
  const { now } = world.clock
  const attacks = new Map<string, { readonly attack: Attack; readonly leaked: LeakedValue }>()
  let latest: Followed | undefined
  let isClosed = false

  const update = (change: Partial<Followed['sight']>): void => {
    if (latest !== undefined) latest.sight = { ...latest.sight, ...change }
  }
  const isAbout = ({ secretName }: JsonObject): boolean =>
    latest !== undefined && latest.sight.secretName === secretName

  const reported = (detail: JsonObject): void => {
    const incidentId = textIn(detail, 'incidentId')
    if (incidentId === latest?.sight.incidentId) return
    latest?.attack?.stop()
    const secretName = onlyName(detail)
    const current = currentOf(secretName)
    const known = attacks.get(incidentId)
    latest = {
      attack: known?.attack,
      versionId: known?.leaked.versionId ?? current?.versionId,
      sight: {
        incidentId,
        name: secretName === '' ? '' : nameOf(secretName),
        secretName,
        leaked: known?.leaked.credentials.clientSecret.slice(-4) ?? current?.lastFour ?? null,
        reportedAt: now(),
        replacedAt: null,
        replacedBy: null,
        endedAt: null,
        outcome: null,
        outcomeSays: '',
        summary: '',
        proof: null,
      },
    }
  }

  const lookForProof = async (of: Followed, detail: JsonObject, tries: number): Promise<void> => {
    const asked = {
      secretArn: textIn(detail, 'secretArn'),
      revokeToken: textIn(detail, 'revokeToken'),
      versionId: of.versionId ?? '',
      evidence: detail.evidence,
    }
    for (let left = tries; left > 0 && !isClosed; left -= 1) {
      const proof = await proofs.read({ ...asked, now: now() }).catch(() => undefined)
      if (proof !== undefined) {
        of.sight = { ...of.sight, proof }
        return
      }
      await new Promise((resolve) => setTimeout(resolve, PROOF_EVERY_MS).unref())
    }
  }

  const on: Readonly<Record<string, (detail: JsonObject, event: BusEvent) => void>> = {
    'Secret Leak Reported': reported,
    'Incident Begun': reported,
    'Rotation Completed': (detail) => {
      if (!isAbout(detail) || detail.intent !== 'revoke') return
      update({ replacedAt: now(), replacedBy: currentOf(textIn(detail, 'secretName'))?.lastFour ?? null })
    },
    'Secret Revoked': (detail) => {
      if (latest !== undefined && isAbout(detail)) void lookForProof(latest, detail, PROOF_TRIES)
    },
    'Incident Completed': (detail) => {
      if (latest?.sight.incidentId !== detail.incidentId) return
      latest?.attack?.stopAfter(LINGER_MS)
      const outcome = textIn(detail, 'outcome')
      update({ endedAt: now(), outcome, outcomeSays: outcomeWords(outcome), summary: textIn(detail, 'summary') })
    },
  }
  const unlisten = aws.onEvent((event) => {
    if (isJsonObject(event.detail)) on[event.detailType]?.(event.detail, event)
  })
  const forget = (): void => {
    for (const { attack } of attacks.values()) attack.stop()
    attacks.clear()
    latest = undefined
  }
  world.onReset(forget)

  return {
    latest: () => (latest === undefined ? null : { ...latest.sight, attack: latest.attack?.sight() ?? null }),
    attack: (incidentId, leaked) => {
      attacks.set(incidentId, { leaked, attack: startAttack(leaked.credentials, now) })
    },
    callOff: (incidentId) => {
      attacks.get(incidentId)?.attack.stop()
      attacks.delete(incidentId)
    },
    close: () => {
      isClosed = true
      unlisten()
      forget()
    },
  }
}
