// Turns intrinsic functions into the text that CloudFormation would put there, as far as it can be known before a deployment. A name or
// id that AWS makes gets a placeholder of full length, the same wherever the resource is meant, so that texts can be compared and
// policies measured.
import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../../lambda/core/base/json-object.ts'
import { fieldsOf } from './fields.ts'
import { kindOf } from './kinds.ts'

/** Where a stack is deployed. What the synthesis leaves open is filled with an example of full length. */
export interface TemplatePlace {
  readonly name: string
  readonly account: string
  readonly region: string
}

const URL_SUFFIX = 'amazonaws.com'
const PARTITION = 'aws'

const pseudoParameters = ({ name, account, region }: TemplatePlace): JsonObject => ({
  'AWS::AccountId': account,
  'AWS::Region': region,
  'AWS::Partition': PARTITION,
  'AWS::URLSuffix': URL_SUFFIX,
  'AWS::StackName': name,
  'AWS::StackId': `arn:${PARTITION}:cloudformation:${region}:${account}:stack/${name}/11111111-1111-1111-1111-111111111111`,
})

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** CloudFormation's own names: stack, logical id, and twelve or thirteen characters of chance. */
const madeUpName = (type: string, id: string, { name }: TemplatePlace): string => {
  const hash = digest(id)
  if (type === 'AWS::KMS::Key') return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
  if (type.startsWith('AWS::ApiGateway')) return hash.slice(0, 10)
  const longest = kindOf(type).longestName ?? 255
  const text = `${name}-${id}`.slice(0, longest - 14)
  const made = `${text}-${hash.slice(0, 13)}`
  return type === 'AWS::S3::Bucket' ? made.toLowerCase() : made.slice(0, -13) + hash.slice(0, 13).toUpperCase()
}

export interface Resolver {
  readonly resolve: (value: unknown) => unknown
  readonly arnOf: (id: string) => string | undefined
  /** The logical id of what an ARN or a reference names. */
  readonly idOf: (text: string) => string | undefined
}

export const createResolver = (
  resources: readonly JsonObject[],
  parameters: JsonObject,
  place: TemplatePlace,
): Resolver => {
  const byId = new Map(resources.map((one) => [String(one.id), one]))
  const pseudo = pseudoParameters(place)
  const resolving = new Set<string>()

  const propertiesOf = (id: string): JsonObject => fieldsOf(byId.get(id)?.Properties)
  const typeOf = (id: string): string => String(byId.get(id)?.Type)

  const nameOf = (id: string): string => {
    const { name } = kindOf(typeOf(id))
    const given = name === undefined ? undefined : propertiesOf(id)[name]
    if (given === undefined || resolving.has(id)) return madeUpName(typeOf(id), id, place)
    resolving.add(id)
    const text = String(resolve(given))
    resolving.delete(id)
    return text
  }

  const busOf = (id: string): string => {
    const bus = resolve(propertiesOf(id).EventBusName)
    return typeof bus === 'string' && bus !== 'default' ? `${bus.replace(/^.*event-bus\//, '')}/` : ''
  }

  const functionArn = (reference: unknown): string => {
    const text = String(resolve(reference))
    return text.startsWith('arn:') ? text : fill('arn:{p}:lambda:{r}:{a}:function:{n}', text)
  }

  const fill = (pattern: string, name: string): string =>
    pattern
      .replace('{p}', PARTITION)
      .replace('{r}', place.region)
      .replace('{a}', place.account)
      .replace('{n}', name.replace(/^\//, pattern.includes('parameter/') ? '' : '/'))

  const arnOf = (id: string): string | undefined => {
    const type = typeOf(id)
    if (type === 'AWS::Lambda::Alias') return `${functionArn(propertiesOf(id).FunctionName)}:${nameOf(id)}`
    if (type === 'AWS::Lambda::Version') return `${functionArn(propertiesOf(id).FunctionName)}:1`
    const { arn } = kindOf(type)
    if (arn === undefined) return undefined
    return fill(arn, type === 'AWS::Events::Rule' ? `${busOf(id)}${nameOf(id)}` : nameOf(id))
  }

  const reference = (id: string): string => {
    if (id in pseudo) return String(pseudo[id])
    if (!byId.has(id)) return String(fieldsOf(parameters[id]).Default ?? `\${${id}}`)
    const { ref } = kindOf(typeOf(id))
    if (ref === 'url') return `https://sqs.${place.region}.${URL_SUFFIX}/${place.account}/${nameOf(id)}`
    if (ref === 'arn' || typeOf(id) === 'AWS::Lambda::Version') return arnOf(id) ?? nameOf(id)
    return nameOf(id)
  }

  const attribute = (id: string, name: string): string => {
    if (name === 'Arn' || /Arn$/.test(name)) return arnOf(id) ?? `\${${id}.${name}}`
    if (/Name$/.test(name)) return nameOf(id)
    return `\${${id}.${name}}`
  }

  const substitute = (value: unknown): string => {
    const [text, variables] = Array.isArray(value) ? [String(value[0]), fieldsOf(value[1])] : [String(value), {}]
    return text.replaceAll(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
      if (name in variables) return String(resolve((variables as JsonObject)[name]))
      const [id = '', ...rest] = name.split('.')
      return rest.length === 0 ? reference(id) : attribute(id, rest.join('.'))
    })
  }

  const call = (name: string, argument: unknown): unknown => {
    if (name === 'Ref') return reference(String(argument))
    if (name === 'Fn::GetAtt') {
      const [id = '', ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.')
      return attribute(id, rest.join('.'))
    }
    if (name === 'Fn::Sub') return substitute(argument)
    if (!Array.isArray(argument)) return undefined
    const [first, second] = argument.map(resolve)
    if (name === 'Fn::Join' && Array.isArray(second)) return second.map(String).join(String(first))
    if (name === 'Fn::Split') return String(second).split(String(first))
    if (name === 'Fn::Select' && Array.isArray(second)) return second[Number(first)]
    return undefined
  }

  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (!isJsonObject(value)) return value
    const entries = Object.entries(value)
    const [only] = entries
    if (entries.length === 1 && only !== undefined && /^(Ref|Fn::.+)$/.test(only[0])) {
      return call(only[0], only[1]) ?? JSON.stringify(value)
    }
    return Object.fromEntries(entries.map(([key, inner]) => [key, resolve(inner)]))
  }

  const ids = new Map<string, string>()
  for (const id of byId.keys()) {
    for (const text of [arnOf(id), reference(id)]) if (text !== undefined && !ids.has(text)) ids.set(text, id)
  }
  return { resolve, arnOf, idOf: (text) => ids.get(text) }
}
