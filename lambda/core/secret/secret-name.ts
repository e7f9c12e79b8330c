// Names of secrets as Secrets Manager has them, and the name that an identifier of a secret stands for. Pure.

/** CreateSecret's own rule for names. */
const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/

export const SECRET_NAME_RULE = '1 to 512 of letters, digits and /_+=.@-'

export const isSecretName = (name: string): boolean => SECRET_NAME.test(name)

/**
 * Of a name, a whole ARN, or an ARN without its suffix. A name stays as it is, however it ends. An ARN that ends in a hyphen and six
 * characters is whole: Secrets Manager takes it for nothing else.
 */
export const secretNameOf = (secretId: string): string =>
  secretId.startsWith('arn:')
    ? secretId
        .split(':')
        .slice(6)
        .join(':')
        .replace(/-[A-Za-z0-9]{6}$/, '')
    : secretId
