// A synthesised template as CloudFormation would leave it in one account, for whoever asks who may do what: every resource with the names and
// ARNs that policies point at. Names that CloudFormation would make up are the stack's name and the logical id, so that the same template always
// gives the same text; bundles' hashes never stand in it.

import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { createResolver } from '../../lambda/local/stack/resolve.ts'
import { fieldsOf } from '../../lambda/local/stand-in/fields.ts'

export interface StackPlace {
  readonly partition: string
  readonly account: string
  readonly region: string
  readonly stackName: string
}

export interface DeployedResource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
}

export interface Template {
  readonly Resources: Readonly<Record<string, DeployedResource>>
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>
  readonly Conditions?: Readonly<Record<string, unknown>>
}

export interface ReadResource {
  readonly id: string
  readonly type: string
  readonly properties: JsonObject
}

export interface ReadTemplate {
  readonly resolve: (value: unknown) => unknown
  /** Every resource of these types, its properties resolved, with what Ref and its ARN are, as `$ref` and `$arn`. */
  readonly ofType: (...types: readonly string[]) => readonly ReadResource[]
  /** All of them. */
  readonly resources: readonly ReadResource[]
}

export const readDeployedTemplate = (template: Template, place: StackPlace): ReadTemplate => {
  const { account, region, stackName: name } = place
  const { evaluate, arnOf, refOf } = createResolver({
    template,
    place: { account, region, name },
    madeUp: (id, type, attribute) => {
      if (attribute !== undefined) return `${id}.${attribute}`
      if (type === 'AWS::KMS::Key') return id
      return type === 'AWS::S3::Bucket' ? `${name}-${id}`.toLowerCase() : `${name}-${id}`
    },
  })
  const resources = Object.entries(template.Resources).map(([id, { Type: type, Properties = {} }]) => ({
    id,
    type,
    properties: { ...fieldsOf(evaluate(Properties)), $arn: arnOf(id) ?? `${type}/${id}`, $ref: refOf(id) },
  }))
  return {
    resolve: evaluate,
    resources,
    ofType: (...types) => resources.filter(({ type }) => types.includes(type)),
  }
}

/** As Secrets Manager would make it, with six characters that are always the same. */
export const secretArn = ({ partition, account, region }: StackPlace, name: string): string =>
  `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`
