// What the rules look at: a synthesised folder's stacks, with every intrinsic function replaced by the text it stands for. Reads the
// cloud assembly that `cdk synth` writes, or a template that a test holds; judges nothing.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { createResolver, type TemplatePlace } from '../../lambda/local/stack/resolve.ts'
import { fieldsOf } from '../../lambda/local/stand-in/fields.ts'

export interface JudgedResource {
  readonly id: string
  readonly type: string
  /** With Ref, GetAtt, Join and Sub resolved to texts. */
  readonly properties: JsonObject
  readonly deletionPolicy: string | undefined
  readonly updateReplacePolicy: string | undefined
}

export interface Stack extends TemplatePlace {
  readonly resources: readonly JudgedResource[]
  readonly outputs: JsonObject
  /** Mappings, parameters and the like, by their section. */
  readonly sections: JsonObject
  /** The template as it is uploaded. */
  readonly bytes: number
  /** The resource that an ARN or what Ref returns names. */
  readonly find: (reference: unknown) => JudgedResource | undefined
  /** Its ARN as a reference would have it; its logical id for what has none. */
  readonly arnOf: (resource: JudgedResource) => string
}

export const ofType = ({ resources }: Stack, ...types: readonly string[]): readonly JudgedResource[] =>
  resources.filter(({ type }) => types.includes(type))

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Makes a stack of a template as CloudFormation takes it. */
export const readTemplate = (
  template: unknown,
  place: TemplatePlace,
  bytes = JSON.stringify(template).length,
): Stack => {
  const { Resources, Outputs, ...sections } = fieldsOf(template)
  const raw = Object.entries(fieldsOf(Resources)).map(([id, value]) => ({ id, ...fieldsOf(value) }) as JsonObject)
  const resolver = createResolver({ template, place, unknown: (text) => text })
  const resources = raw.map(
    (one): JudgedResource => ({
      id: String(one.id),
      type: String(one.Type),
      properties: fieldsOf(resolver.evaluate(one.Properties)),
      deletionPolicy: textOf(one.DeletionPolicy),
      updateReplacePolicy: textOf(one.UpdateReplacePolicy),
    }),
  )
  const byId = new Map(resources.map((one) => [one.id, one]))
  const outputs = fieldsOf(resolver.evaluate(Outputs))
  return {
    ...place,
    resources,
    outputs,
    sections: sections as JsonObject,
    bytes,
    find: (reference) => byId.get(resolver.idOf(String(reference)) ?? ''),
    arnOf: ({ id }) => resolver.arnOf(id) ?? id,
  }
}

const EXAMPLE_ACCOUNT = '123456789012'
/** As long as a Region's name gets in the commercial partition. */
const EXAMPLE_REGION = 'ap-southeast-2'

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

const placeOf = (artifactId: string, artifact: JsonObject): TemplatePlace => {
  const [account = '', region = ''] = String(artifact.environment ?? '')
    .replace('aws://', '')
    .split('/')
  return {
    name: String(fieldsOf(artifact.properties).stackName ?? artifactId),
    account: /^\d{12}$/.test(account) ? account : EXAMPLE_ACCOUNT,
    region: region.startsWith('unknown') || region === '' ? EXAMPLE_REGION : region,
  }
}

/** @throws when the folder holds no stack. */
export const readFolder = (folder: string): readonly Stack[] => {
  const manifest = join(folder, 'manifest.json')
  if (!existsSync(manifest)) throw new Error(`${folder} has no manifest.json: pass the folder that cdk synth writes.`)
  const artifacts = Object.entries(fieldsOf(fieldsOf(readJson(manifest)).artifacts))
  const stacks = artifacts.flatMap(([id, value]) => {
    const artifact = fieldsOf(value)
    if (artifact.type !== 'aws:cloudformation:stack') return []
    const text = readFileSync(join(folder, String(fieldsOf(artifact.properties).templateFile)), 'utf8')
    return [readTemplate(JSON.parse(text), placeOf(id, artifact), Buffer.byteLength(text))]
  })
  if (stacks.length === 0) throw new Error(`${folder} holds no stack: there is nothing to judge.`)
  return stacks
}
