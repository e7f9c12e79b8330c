// What the secrets of one rotation function hold, each in its own form: a secret's fields say of which kind it is.
import { type JsonObject, parseJsonObject, plainJson } from '../base/json-object.ts'
import { fieldNamesOf, mappedForm } from './mapped-form.ts'
import { formatUndatedScim, readScimId, scimForm } from './scim-form.ts'
import type { Secret } from './secret.ts'
import { clientForm, formatUndatedClient, type SecretForm, type UndatedSecret } from './secret-format.ts'

interface FormOfKind {
  readonly isIts: (fields: JsonObject) => boolean
  readonly form: SecretForm
}

/** @param otherwise for whatever is of none of the kinds. */
export const createForm = (kinds: readonly FormOfKind[], otherwise: SecretForm): SecretForm => {
  const of = (fields: JsonObject): SecretForm => kinds.find(({ isIts }) => isIts(fields))?.form ?? otherwise
  return {
    parse: (text, versionCreatedAt) => of(parseJsonObject(plainJson(text)) ?? {}).parse(text, versionCreatedAt),
    format: (secret) => of(secret.fields).format(secret),
  }
}

/** M2M clients and Connected Apps, which look alike, and SCIM connections. */
export const slotForm: SecretForm = createForm(
  [{ isIts: (fields) => 'connection_id' in fields, form: scimForm }],
  clientForm,
)

/** Of one secret: its tags say whether its owner's names stand in it. @param projectId of the deployment */
export const formOf = ({ tags }: Pick<Secret, 'tags'>, projectId: string): SecretForm => {
  const names = fieldNamesOf(tags)
  return names === undefined ? slotForm : mappedForm(names, clientForm, projectId)
}

/** As the subject's kind is written. */
export const formatUndatedSecret = (secret: UndatedSecret): string =>
  readScimId(secret.clientId) === undefined ? formatUndatedClient(secret) : formatUndatedScim(secret)
