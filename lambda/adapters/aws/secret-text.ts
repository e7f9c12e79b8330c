// A reply of GetSecretValue as text: people and their tools store bytes as well.
import type { GetSecretValueResponse } from '@aws-sdk/client-secrets-manager'
import { textOfBytes } from '../../core/secret/stored-fields.ts'

/** @returns NOT_UTF8 for bytes that hold no text; empty where there is no value. */
export const secretText = ({
  SecretString: text,
  SecretBinary: bytes,
}: Pick<GetSecretValueResponse, 'SecretString' | 'SecretBinary'>): string =>
  text ?? (bytes === undefined ? '' : textOfBytes(bytes))
