import { mount } from "svelte";
import App from "./App.svelte";
import { chooseBackend } from "./backend/choose";
import "./styles/app.css";

const search = new URLSearchParams(location.search);
const target = document.getElementById("app");
if (target)
  mount(App, { target, props: { backend: await chooseBackend(search), theme: search.get("theme") } });
