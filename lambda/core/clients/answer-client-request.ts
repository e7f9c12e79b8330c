// One request of CloudFormation about one client, from what is asked to what is answered. Create and Update are the same: make it so.
// A name that changed makes another client, and CloudFormation then asks to remove the old one.

import { type Declaration, type Declared, declareClient } from './declare-client.ts'
import type { Stage } from './guard-secret.ts'
import type { ClientRequest } from './read-client-request.ts'
import { type RetiringParts, retireDeclaredClient } from './retire-declared-client.ts'

interface ClientAnswer {
  /** The secret's name: as long as it stays, CloudFormation replaces nothing. */
  readonly physicalId: string
  readonly attributes: Readonly<Record<string, string>>
  /** For the log. */
  readonly outcome: string
}

const NEVER_MADE = 'never-made/'

/** What a Create that failed calls its resource, so that the Delete that follows touches nothing. */
export const failedPhysicalId = ({ type, physicalId, client }: ClientRequest): string =>
  type === 'Create' ? `${NEVER_MADE}${client.secretName}` : (physicalId ?? `${NEVER_MADE}${client.secretName}`)

const attributesOf = ({ clientId, secretArn }: Declared, secretName: string): ClientAnswer['attributes'] => ({
  ClientId: clientId,
  SecretArn: secretArn,
  SecretName: secretName,
})

/** @throws Fault when it cannot or may not be done. */
export const answerClientRequest = async (
  parts: Declaration & RetiringParts,
  stage: Stage,
  request: ClientRequest,
): Promise<ClientAnswer> => {
  const { type, requestId, owner, client, physicalId } = request
  if (type !== 'Delete') {
    const declared = await declareClient(parts, { stage, owner, requestId, client })
    return {
      physicalId: client.secretName,
      attributes: attributesOf(declared, client.secretName),
      outcome: 'declared',
    }
  }
  const secretName = physicalId ?? ''
  if (!secretName.startsWith(stage.secretNamePrefix))
    return { physicalId: secretName, attributes: {}, outcome: 'neverMade' }
  const outcome = await retireDeclaredClient(parts, { secretName, onRemoval: client.onRemoval, owner })
  return { physicalId: secretName, attributes: {}, outcome }
}
