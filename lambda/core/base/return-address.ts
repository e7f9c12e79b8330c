// Where a custom resource's request from CloudFormation is answered, from an untyped event. Apart from what is asked, so that even a malformed
// request can be answered.
import { isJsonObject } from './json-object.ts'

/** What an answer must repeat, and where it goes. */
export interface ReturnAddress {
  /** Pre-signed: whoever has it may answer. In no log. */
  readonly url: string
  readonly stackId: string
  readonly requestId: string
  readonly logicalId: string
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** @returns undefined when nobody can be answered: the event is not CloudFormation's. */
export const readReturnAddress = (event: unknown): ReturnAddress | undefined => {
  if (!isJsonObject(event)) return undefined
  const { ResponseURL: url, StackId: stackId, RequestId: requestId, LogicalResourceId: logicalId } = event
  if (!isText(url) || !isText(stackId) || !isText(requestId) || !isText(logicalId)) return undefined
  return { url, stackId, requestId, logicalId }
}

/** @returns what is asked of a resource of this type; undefined when the event is about something else. */
export const readRequestOf = (type: string, event: unknown): { readonly type: unknown } | undefined =>
  isJsonObject(event) && event.ResourceType === type ? { type: event.RequestType } : undefined
