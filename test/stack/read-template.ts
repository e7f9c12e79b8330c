// Reads a template for people: intrinsic functions joined to what they come to, statements as short lists, and the names that the functions,
// roles and secrets of the example stage have.
import { type EventSource, eventTypesOf } from '../../lambda/core/base/event-types.ts'
import { createEvaluator } from '../../lambda/local/stack/intrinsics.ts'
import { ACCOUNT, REGION, type Statement } from './synth.ts'

/** Of every secret below the prefix. */
export const MANAGED = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:m2m/prod/*`
export const functionArn = (part: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:m2m-prod-${part}`
export const role = (part: string): string => `arn:aws:iam::${ACCOUNT}:role/m2m-prod-${part}-${REGION}`

/** The conditions of a permission to put events of a source, as a reader shows them. */
export const asSource = (source: EventSource): readonly string[] => [
  `ForAllValues:StringEquals events:source ${source}`,
  `ForAllValues:StringEquals events:detail-type ${eventTypesOf(source)?.join(' ')}`,
  'Null events:source false',
  'Null events:detail-type false',
]

const pseudo: Readonly<Record<string, string>> = { 'AWS::Partition': 'aws', 'AWS::URLSuffix': 'amazonaws.com' }

/** @param named what a resource is to be called; undefined: `<its logical id>`. */
export const createReader = (named: (logicalId: string) => string | undefined = () => undefined) => {
  const { evaluate } = createEvaluator({
    reference: (id) => pseudo[id] ?? named(id) ?? `<${id}>`,
    attribute: (id, name) => `<${id}.${name}>`,
    imported: () => '<imported>',
  })
  const flat = (value: unknown): string => String(evaluate(value))
  const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value : [value]).map(flat)
  /** `operator key value value` each. */
  const rights = ({ Action, Resource, Condition }: Statement) => ({
    actions: list(Action),
    resources: list(Resource),
    conditions: Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, value]) => `${operator} ${key} ${list(value).join(' ')}`),
    ),
  })
  return { flat, list, rights }
}

export const { flat, list, rights } = createReader()

/** JSON in which the partition is `aws`. */
export const text = (value: unknown): string => JSON.stringify(value).replaceAll('{"Ref":"AWS::Partition"}', '"aws"')

/** The same with joined texts in one piece. */
export const plain = (value: unknown): string =>
  text(value).replace(/\{"Fn::Join":\["",\[([^\]]*)\]\]\}/g, (_, parts: string) => `"${parts.replaceAll(/"|,/g, '')}"`)
