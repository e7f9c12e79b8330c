// Gives a secret that was adopted where it is back to its owner: the inverse of adopt-in-place.ts, and in the inverse order. Rotation ends, the
// client is bound to no secret any more, our statements leave the policy and our tags the secret; the owner's statements, the value and its
// versions stay as they are. What would be left half done at Stytch is refused before anything is changed. May be repeated at any point:
// the tags, by which the secret is known as adopted, go last.

import { Fault } from '../base/fault.ts'
import { isOurs } from '../secret/is-managed.ts'
import { CURRENT, unfinishedVersion, versionLabelled } from '../secret/labels.ts'
import { isInPlace } from '../secret/mapped-form.ts'
import type { Secret } from '../secret/secret.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { isNameOfStage, notAdoptedFault, outsideFault } from '../secret/stage-secrets.ts'
import type { ClientKeeper, ClientRecord } from './client-keeper.ts'
import type { GiveBackAsked, GivenBack } from './clients-api.ts'
import type { Stage } from './guard-secret.ts'
import { ownersPolicy, readingRights } from './merged-policy.ts'

export interface GivingBack {
  readonly clients: Pick<ClientKeeper, 'find' | 'unbind'>
  readonly secrets: Pick<Secrets, 'describe' | 'readPolicy' | 'setPolicy' | 'removePolicy' | 'untag' | 'stopRotation'>
}

const refuse = (secretName: string, faults: readonly string[]): Fault =>
  new Fault({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `Secret ${secretName} was not given back, and nothing was changed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
  })

const UNDER_WAY = 'a rotation of it is under way (AWSPENDING): let it end first'

/** What nobody would end once the secret is its owner's: a second value that Stytch accepts, or a leaked one that is not proven dead. */
const openFaults = (facts: Secret, record: ClientRecord | undefined): readonly string[] => {
  const origin = versionLabelled(facts, CURRENT)?.origin
  if (origin === 'revoke') return ['it was revoked and is not settled: m2m settle first']
  // What is open since before the first rotation is its owner's.
  const isOpen = record !== undefined && record.slots.next !== null && facts.lastRotatedAt !== undefined
  return isOpen ? ['Stytch accepts a second value of its client: let its overlap end, or m2m settle first'] : []
}

const secretFaults = (facts: Secret): readonly string[] => [
  ...(facts.isDeleted ? ['it is scheduled for deletion: restore it first'] : []),
  ...(unfinishedVersion(facts) === undefined ? [] : [UNDER_WAY]),
]

const ownTagKeys = ({ tags }: Secret): readonly string[] => Object.keys(tags).filter((key) => key.startsWith('m2m:'))

const findFacts = async (
  { secrets }: GivingBack,
  stage: Stage,
  { secretName }: Pick<GiveBackAsked, 'secretName'>,
): Promise<Secret> => {
  if (!isNameOfStage(stage, secretName)) throw refuse(secretName, [outsideFault(stage, secretName)])
  const facts = await secrets.describe(secretName)
  if (facts === undefined) throw refuse(secretName, ['there is no such secret'])
  if (!isInPlace(facts)) throw refuse(secretName, [notAdoptedFault(secretName)])
  return facts
}

/** @throws Fault INPUT_MALFORMED with everything that is in the way; then nothing was changed. Or the adapters' faults: ask again. */
export const giveBack = async (parts: GivingBack, stage: Stage, asked: GiveBackAsked): Promise<GivenBack> => {
  const { clients, secrets } = parts
  const { secretName, isDryRun } = asked
  const facts = await findFacts(parts, stage, asked)
  const clientId = clientIdOf(facts)
  const record = clientId === undefined ? undefined : await clients.find(clientId)
  const existing = facts.isDeleted ? undefined : await secrets.readPolicy(facts.arn)
  const owners = ownersPolicy(existing)
  const faults = [...secretFaults(facts), ...openFaults(facts, record), ...(owners.ok ? [] : [owners.refusal])]
  if (faults.length > 0 || !owners.ok) throw refuse(secretName, faults)
  const given = (outcome: GivenBack['outcome']): GivenBack => ({
    secretArn: facts.arn,
    clientId: clientId ?? null,
    outcome,
    ownersStatements: readingRights(existing).others,
  })
  if (isDryRun === true) return given('wouldGiveBack')
  if (facts.rotationEnabled && isOurs(facts, stage)) await secrets.stopRotation(facts.arn)
  // One that began before rotation ended is still driven to its end, since the secret is known as adopted.
  const after = await secrets.describe(facts.arn)
  if (after !== undefined && unfinishedVersion(after) !== undefined) {
    throw new Fault({
      code: 'INPUT_MALFORMED',
      retryable: false,
      message: `Secret ${secretName} was not given back; its rotation is switched off, and ${UNDER_WAY}, then run the command again.`,
    })
  }
  if (clientId !== undefined && record?.boundTo === facts.arn) await clients.unbind(clientId, facts.arn)
  if (owners.value === undefined) await secrets.removePolicy(facts.arn)
  else await secrets.setPolicy(facts.arn, owners.value)
  await secrets.untag(facts.arn, ownTagKeys(facts))
  return given('givenBack')
}
