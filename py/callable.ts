/**
 * Lets `instanceof` take a function that makes objects of a class: `socket.socket` and
 * `select.poll` are classes in Python.
 *
 * @param maker The function.
 * @param class_ The class.
 */
export function instances_of(
  maker: object,
  class_: abstract new (...args: never[]) => object,
): void {
  Object.defineProperty(maker, Symbol.hasInstance, {
    value: (object: unknown) => object instanceof class_,
  });
}

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
