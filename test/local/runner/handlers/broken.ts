// A module that cannot be loaded, as one with a missing setting could not.
throw new TypeError('SECRET_ARN is missing')
