// Plays custom resources as CloudFormation does: the function is sent a request, asynchronously, and answers by a PUT to the address that came
// with it. What it answers is believed only if it is about that request. A function that does not answer in time has failed.
import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../../core/base/json-object.ts'
import { fieldsOf } from '../../stand-in/fields.ts'
import type { StackHost } from '../host.ts'
import type { PlayedResource, Player } from '../player.ts'

const DEFAULT_TIMEOUT_SECONDS = 3600
/** CloudFormation takes so much of an answer. */
const MAX_ANSWER_BYTES = 4096

/** Numbers and booleans arrive as texts. */
const asTexts = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asTexts)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asTexts(inner)]))
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
}

const propertiesOf = ({ properties }: PlayedResource): unknown => asTexts(properties)

type Request = JsonObject & { readonly RequestId: string }

export const customResourcePlayer = (host: StackHost): Player => {
  const stackId = `arn:aws:cloudformation:${host.place.region}:${host.place.account}:stack/${host.place.name}/11111111-1111-1111-1111-111111111111`
  /** By logical id, what was answered last: also of one that failed, which is deleted by the id that it answered. */
  const physicalIds = new Map<string, string>()
  const answered = new Set<string>()

  const ask = async (type: 'Create' | 'Update' | 'Delete', resource: PlayedResource, more: JsonObject) => {
    const { ServiceToken, ServiceTimeout } = resource.properties
    const refusal = host.identities.refusesToDeployer('lambda:InvokeFunction', String(ServiceToken))
    if (refusal !== undefined) throw new Error(refusal)
    const address = host.answers.open()
    const request: Request = {
      RequestType: type,
      ServiceToken,
      ResponseURL: address.url,
      StackId: stackId,
      RequestId: randomUUID(),
      LogicalResourceId: resource.id,
      ResourceType: resource.type,
      ResourceProperties: propertiesOf(resource),
      ...more,
    }
    const timeoutMs = Number(ServiceTimeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000
    try {
      const failed = host.functions.send(String(ServiceToken), request)
      const answer = await Promise.race([address.answered, failed, host.answers.wait(timeoutMs)])
      if (answer === undefined) {
        throw new Error(
          'CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [' +
            `${request.RequestId}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.`,
        )
      }
      return read(answer, request)
    } finally {
      address.close()
    }
  }

  const read = (answer: unknown, request: Request): JsonObject => {
    const fields = fieldsOf(answer)
    const { Status, Reason, PhysicalResourceId } = fields
    if (Buffer.byteLength(JSON.stringify(answer)) > MAX_ANSWER_BYTES) throw new Error('Response object is too long.')
    for (const name of ['RequestId', 'StackId', 'LogicalResourceId']) {
      if (fields[name] !== request[name]) throw new Error(`Invalid ${name} in response object`)
    }
    if (typeof PhysicalResourceId !== 'string' || PhysicalResourceId === '') {
      throw new Error('Invalid PhysicalResourceId')
    }
    physicalIds.set(String(request.LogicalResourceId), PhysicalResourceId)
    answered.add(PhysicalResourceId)
    if (Status === 'SUCCESS') return fields
    if (Status !== 'FAILED') throw new Error('Invalid Status in response object')
    throw new Error(`Received response status [FAILED] from custom resource. Message returned: ${String(Reason)}`)
  }

  return {
    put: async (resource, before) => {
      const answer =
        before === undefined
          ? await ask('Create', resource, {})
          : await ask('Update', resource, {
              PhysicalResourceId: before.name,
              OldResourceProperties: propertiesOf(before),
            })
      return { name: String(answer.PhysicalResourceId), attributes: fieldsOf(answer.Data) }
    },
    remove: async (resource) => {
      const physicalId = answered.has(resource.name) ? resource.name : physicalIds.get(resource.id)
      // It never answered, so that there is nothing to name.
      if (physicalId === undefined) return
      await ask('Delete', resource, { PhysicalResourceId: physicalId })
    },
  }
}
