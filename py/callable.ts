/**
 * Lets a class be called without `new`, as Python's are.
 *
 * `instanceof` and `extends` go on working: it is still the class that makes the object.
 *
 * @param name The name that the class shows.
 * @param class_ The class.
 * @returns The class, callable.
 */
export function callable<Constructor>(
  name: string,
  class_: new (...args: never[]) => object,
): Constructor {
  const proxy = new Proxy(class_, {
    apply: (target, _receiver, args) => Reflect.construct(target, args),
  });
  Object.defineProperty(class_, "name", { value: name });
  class_.prototype.constructor = proxy;
  return proxy as Constructor;
}
