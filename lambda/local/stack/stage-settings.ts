// What a stage's functions are set to, read from the template before or after it is deployed: the names by which everybody else finds the parts
// of a stage.
import type { JsonObject } from '../../core/base/json-object.ts'
import { fieldsOf } from '../stand-in/fields.ts'
import type { Resolver } from './resolve.ts'

export interface StageSettings {
  /** Of the function of a part. */
  readonly functionArn: (part: string) => string
  readonly stage: string
  readonly projectId: string
  /** Name of the secret that holds the Stytch project's. */
  readonly projectSecret: string
  /** Undefined: the project secret is rotated by hand. */
  readonly workspaceKey: string | undefined
  /** All that people store by hand. */
  readonly handMade: readonly { readonly kind: string; readonly name: string }[]
  readonly slugs: { readonly projectSlug: string; readonly environmentSlug: string } | undefined
  readonly secretNamePrefix: string
  readonly extraPrefixes: readonly string[] | undefined
  readonly bus: string
  readonly recordsTable: string
  readonly evidenceBucket: string
  readonly freezeParameter: string
  readonly hours: { readonly periodHours: number; readonly overlapHours: number }
}

/** All variables of all functions, by name: what several have, they share. */
const variablesOf = (template: JsonObject, { evaluate }: Resolver): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.values(fieldsOf(template.Resources)).flatMap((resource) => {
      const { Type, Properties } = fieldsOf(resource)
      if (Type !== 'AWS::Lambda::Function') return []
      const { Variables } = fieldsOf(evaluate(fieldsOf(Properties).Environment))
      return Object.entries(fieldsOf(Variables)).map(([name, value]) => [name, String(value)] as const)
    }),
  )

/** Undefined: a template of something else. */
export const readStageSettings = (template: JsonObject, resolver: Resolver): StageSettings | undefined => {
  const variables = variablesOf(template, resolver)
  const { M2M_STAGE: stage, STYTCH_PROJECT_ID: projectId, M2M_SECRET_PREFIX: secretNamePrefix } = variables
  const { STYTCH_PROJECT_SECRET_ID: projectSecret, M2M_ROTATION_FUNCTION: rotation } = variables
  if ([stage, projectId, secretNamePrefix, projectSecret, rotation].includes(undefined)) return undefined
  const { STYTCH_PROJECT_SLUG: projectSlug, STYTCH_ENVIRONMENT_SLUG: environmentSlug } = variables
  const functionsArn = (rotation ?? '').replace(/rotation$/, '')
  return {
    functionArn: (part) => `${functionsArn}${part}`,
    stage: stage ?? '',
    projectId: projectId ?? '',
    projectSecret: projectSecret ?? '',
    workspaceKey: variables.STYTCH_WORKSPACE_KEY_ID,
    handMade: (variables.M2M_HAND_MADE_SECRETS ?? '')
      .split(' ')
      .filter(Boolean)
      .map((text) => ({ kind: text.slice(0, text.indexOf('=')), name: text.slice(text.indexOf('=') + 1) })),
    slugs: projectSlug === undefined || environmentSlug === undefined ? undefined : { projectSlug, environmentSlug },
    secretNamePrefix: secretNamePrefix ?? '',
    extraPrefixes: variables.M2M_EXTRA_PREFIXES?.split(' ').filter(Boolean),
    bus: (variables.M2M_EVENT_BUS ?? '').replace(/^.*event-bus\//, ''),
    recordsTable: variables.M2M_RECORDS_TABLE ?? '',
    evidenceBucket: variables.M2M_EVIDENCE_BUCKET ?? '',
    freezeParameter: variables.M2M_FREEZE_PARAMETER ?? '',
    hours: { periodHours: Number(variables.M2M_PERIOD_HOURS), overlapHours: Number(variables.M2M_OVERLAP_HOURS) },
  }
}
